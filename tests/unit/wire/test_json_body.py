import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.failures import InvalidRequest
from penstock.wire import json_body

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(alphabet='a":\\ \n€{', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(':"a \n', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


class Known(msgspec.Struct):
    model: str
    inner: dict[str, int] | None = None


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.sampled_from([None, 1]))
def test_any_object_without_a_key_twice_is_taken(value, indent):
    """G29: quotes, colons and white space inside strings are not taken for keys."""
    assert json_body.parse(json.dumps(value, indent=indent).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a" :2}',
        b'{"x":{"b":":","b"\n:1}}',
        b'{"x":[{"b":"\\":","b":1}]}',
        b'{"a":1,"\\u0061":":x"}',
    ],
)
def test_a_key_that_is_there_twice_is_refused(body):
    """G29: two readers could take different values."""
    with pytest.raises(InvalidRequest) as caught:
        json_body.parse(body)
    assert "twice" in caught.value.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "byte 0"),
        (b"[]", "object"),
        (b'{"a":\n NaN}', "line 2, column 2"),
        (b'{"a":Infinity}', "line 1, column 6"),
        (b'{"a":1e999}', "not valid JSON"),
        (b'{"a":"\xff"}', "UTF-8: invalid start byte at byte 6"),
        (b'{"a":"\xc0\xaf"}', "UTF-8"),
        (b'{"a":"\\ud800"}', "not valid JSON"),
        (b'{"a":1} x', "trailing characters at line 1"),
        (b"\xef\xbb\xbf{}", "byte 0"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "deep"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "deep"),
        (b'{"a":' + b"[" * 100_000, "deep"),
    ],
)
def test_bad_input_is_named_with_its_place(body, words):
    """G29: malformed JSON, bad UTF-8 and deep nesting are the client's mistakes, never a crash."""
    with pytest.raises(InvalidRequest) as caught:
        json_body.parse(body)
    assert words in caught.value.message


def test_one_hundred_levels_are_taken():
    """G29: the limit is a limit, not a level less."""
    assert json_body.parse(b'{"a":' + b"[" * 99 + b"]" * 99 + b"}")


@pytest.mark.parametrize(
    ("value", "param", "words"),
    [
        ({}, "model", "is required"),
        ({"model": 1}, "model", "Expected `str`"),
        ({"model": "m", "inner": {"a": "b"}}, "inner[...]", "Expected `int`"),
        (7, None, "Expected `object`"),
    ],
)
def test_a_wrong_type_names_its_field(value, param, words):
    """A wrong type is answered with the path of the field."""
    with pytest.raises(InvalidRequest) as caught:
        json_body.facts(value, Known)
    assert caught.value.param == param
    assert words in caught.value.message


def test_decoding_raises_the_same_failure():
    """What decodes a body a second time reports as the first."""
    decoder = msgspec.json.Decoder(Known)
    assert json_body.read(b'{"model":"m"}', decoder) == Known(model="m")
    with pytest.raises(InvalidRequest):
        json_body.read(b"{}", decoder)


def test_members_keep_their_bytes_and_order():
    """G15: only the member that is edited changes."""
    parts = json_body.members(b'{"z": [1, 2.50] , "model":"a", "b":"\\u00e9"}')
    parts["model"] = json_body.raw("new")
    assert json_body.joined(parts) == b'{"z":[1, 2.50],"model":"new","b":"\\u00e9"}'


@pytest.mark.parametrize("twice", [False, True])
def test_many_members_are_counted_as_exactly_as_few(twice):
    """G29: large bodies are checked in another way, with the same outcome."""
    members = [b'"k%d" :{"t":"a: b\\":"}' % number for number in range(json_body.FEW_COLONS)]
    body = b"{" + b",".join([*members, members[0]] if twice else members) + b"}"
    if twice:
        with pytest.raises(InvalidRequest):
            json_body.parse(body)
    else:
        assert len(json_body.parse(body)) == json_body.FEW_COLONS


@pytest.mark.parametrize("twice", [b"a", b"b"])
def test_long_text_is_no_obstacle(twice):
    """G29: a body that is large for its text is checked in a third way."""
    body = b'{"a":"%b","%b" :1}' % (b"x: " * 9000, twice)
    if twice == b"a":
        with pytest.raises(InvalidRequest):
            json_body.parse(body)
    else:
        assert json_body.parse(body)["b"] == 1

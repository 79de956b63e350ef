import json

import pytest

from penstock.domain.chat import Dialect
from penstock.failures import InvalidRequest
from penstock.wire.codec import Quirks
from penstock.wire.openai_chat import request

USER = {"role": "user", "content": "hi"}


def body(**members):
    return json.dumps({"model": "m", "messages": [USER], **members}).encode()


def test_the_facts_are_picked():
    """G15: what routing needs, and the body as it came."""
    asked = body(stream=True, stream_options={"include_usage": True}, max_tokens=1, max_completion_tokens=2)
    found = request.read(asked)
    assert (found.dialect, found.model, found.stream, found.wants_usage) == (
        Dialect.OPENAI_CHAT, "m", True, True,
    )  # fmt: skip
    assert (found.max_output_tokens, found.needs, found.body) == (2, frozenset(), asked)


@pytest.mark.parametrize(
    ("members", "need"),
    [
        ({"tools": [{}]}, "tools"),
        ({"functions": [{}]}, "tools"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "images"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "audio"),
        ({"messages": [{"role": "user", "content": [{"type": "file"}]}]}, "files"),
        ({"modalities": ["text", "audio"]}, "audio"),
        ({"response_format": {"type": "json_schema"}}, "json_schema"),
        ({"reasoning_effort": "low"}, "reasoning"),
    ],
)
def test_what_the_model_must_be_able_to_do_is_seen(members, need):
    """A model that cannot do what is asked is refused before anything is sent."""
    assert request.read(body(**members)).needs == {need}


def test_a_plain_request_needs_nothing():
    """Text, JSON mode and no reasoning are for every model."""
    members = {"response_format": {"type": "json_object"}, "reasoning_effort": "none", "max_tokens": 3}
    found = request.read(body(**members, messages=[{"role": "user", "content": [{"type": "text"}]}]))
    assert (found.needs, found.max_output_tokens, found.stream) == (frozenset(), 3, False)


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": "hi"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"max_tokens": "7"}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"tools": {}}, "tools"),
    ],
)
def test_wrong_types_are_the_clients_mistake(members, param):
    """Wrong types get a 400 that names the field."""
    with pytest.raises(InvalidRequest) as caught:
        request.read(body(**members))
    assert caught.value.param == param


def test_unknown_parameters_pass_in_their_order():
    """G15: only the model and the options change; nested values keep their bytes."""
    asked = (
        b'{"zz":{"b":1, "a":[1.0]},"model":"m","messages":[{"role":"user","content":"\\u00e9"}],'
        b'"stream":true}'
    )
    encoded = request.address(request.read(asked), "new", Quirks())
    assert encoded.dropped == ()
    assert encoded.body == (
        b'{"zz":{"b":1, "a":[1.0]},"model":"new","messages":[{"role":"user","content":"\\u00e9"}],'
        b'"stream":true,"stream_options":{"include_usage":true}}'
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (None, {"include_usage": True}),
        (
            {"include_usage": False, "include_obfuscation": False},
            {"include_usage": True, "include_obfuscation": False},
        ),
    ],
)
def test_usage_is_asked_for_beside_what_the_client_asks(options, expected):
    """G2: usage is always metered."""
    found = request.read(body(stream=True, stream_options=options))
    assert json.loads(request.address(found, "m", Quirks()).body)["stream_options"] == expected


def test_without_a_stream_nothing_is_asked_for():
    """G2: a whole answer has its usage anyway."""
    encoded = request.address(request.read(body()), "m", Quirks())
    assert json.loads(encoded.body) == json.loads(body())


def test_a_provider_without_usage_in_streams_is_not_asked():
    """G15: the option is dropped, and named if the client had it."""
    quirks = Quirks(stream_usage=False, drop=frozenset({"seed"}))
    asked = body(stream=True, stream_options={"include_usage": True}, seed=1)
    encoded = request.address(request.read(asked), "m", quirks)
    assert encoded.dropped == ("seed", "stream_options")
    assert {"seed", "stream_options"} & set(json.loads(encoded.body)) == set()
    assert request.address(request.read(body(stream=True)), "m", quirks).dropped == ()


def test_developer_becomes_system_where_it_is_not_known():
    """G15: the role is edited in place, the other messages keep their bytes."""
    asked = b'{"model":"m","messages":[{"role":"developer", "content":"a"},{"role" : "user","content":"b"}]}'
    encoded = request.address(request.read(asked), "m", Quirks(developer_role=False))
    assert b'{"role":"system","content":"a"},{"role" : "user","content":"b"}' in encoded.body
    assert b"developer" in request.address(request.read(asked), "m", Quirks()).body

import json

import pytest

from penstock.domain.chat import Dialect
from penstock.failures import InvalidRequest
from penstock.wire.codec import Quirks
from penstock.wire.openai_responses import request


def body(**members):
    return json.dumps({"model": "m", "input": "hi", **members}).encode()


def test_the_facts_are_picked():
    """G15: what routing and storing need; usage is always in the stream."""
    found = request.read(body(stream=True, max_output_tokens=5, previous_response_id="r0", store=False))
    assert (found.dialect, found.model, found.stream, found.wants_usage) == (
        Dialect.OPENAI_RESPONSES, "m", True, True,
    )  # fmt: skip
    assert (found.max_output_tokens, found.previous_response_id, found.store) == (5, "r0", False)
    assert request.read(body()).store is True


@pytest.mark.parametrize(
    ("members", "need"),
    [
        ({"tools": [{}]}, "tools"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "images"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "files"),
        ({"input": [{"type": "function_call_output", "output": [{"type": "input_audio"}]}]}, "audio"),
        ({"text": {"format": {"type": "json_schema"}}}, "json_schema"),
        ({"reasoning": {"effort": "low"}}, "reasoning"),
    ],
)
def test_what_the_model_must_be_able_to_do_is_seen(members, need):
    """A model that cannot do what is asked is refused before anything is sent."""
    assert request.read(body(**members)).needs == {need}


def test_empty_options_need_nothing():
    """Clients send the objects without anything in them."""
    found = request.read(body(text={}, reasoning={"effort": None}, input=[{"role": "user", "content": "hi"}]))
    assert found.needs == frozenset()


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"model": 7}, "model"),
        ({"input": 7}, "input"),
        ({"input": [{"content": 7}]}, "input[0].content"),
        ({"store": "no"}, "store"),
        ({"reasoning": {"effort": 7}}, "reasoning.effort"),
    ],
)
def test_wrong_types_are_the_clients_mistake(members, param):
    """Wrong types get a 400 that names the field."""
    with pytest.raises(InvalidRequest) as caught:
        request.read(body(**members))
    assert caught.value.param == param


def test_everything_else_is_passed_on():
    """G15: the model changes, what is refused goes."""
    asked = b'{"zz":[1, 2],"model":"m","user":"u","input":"hi"}'
    encoded = request.address(request.read(asked), "n", Quirks(drop=frozenset({"user"})))
    assert (encoded.body, encoded.dropped) == (b'{"zz":[1, 2],"model":"n","input":"hi"}', ("user",))

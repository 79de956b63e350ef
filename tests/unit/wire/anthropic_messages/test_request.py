import json

import pytest

from penstock.domain.chat import Dialect
from penstock.failures import InvalidRequest
from penstock.wire.anthropic_messages import request
from penstock.wire.codec import Quirks

HI = {"role": "user", "content": "hi"}


def body(**members):
    return json.dumps({"model": "m", "max_tokens": 5, "messages": [HI], **members}).encode()


def test_the_facts_are_picked():
    """G15: what routing needs; usage is always in the stream."""
    found = request.read(body(stream=True))
    assert (found.dialect, found.model, found.stream, found.wants_usage) == (
        Dialect.ANTHROPIC_MESSAGES, "m", True, True,
    )  # fmt: skip
    assert (found.max_output_tokens, found.needs) == (5, frozenset())


@pytest.mark.parametrize(
    ("members", "need"),
    [
        ({"tools": [{}]}, "tools"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "images"),
        ({"messages": [{"role": "user", "content": [{"type": "document"}]}]}, "files"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image"}]}]}
                ]
            },
            "images",
        ),
        ({"output_config": {"format": {"type": "json_schema"}}}, "json_schema"),
        ({"output_format": {"type": "json_schema"}}, "json_schema"),
        ({"thinking": {"type": "adaptive"}}, "reasoning"),
    ],
)
def test_what_the_model_must_be_able_to_do_is_seen(members, need):
    """A model that cannot do what is asked is refused before anything is sent."""
    assert request.read(body(**members)).needs == {need}


def test_effort_alone_and_disabled_thinking_need_nothing():
    """An effort is a wish, and disabled is off."""
    found = request.read(body(output_config={"effort": "low"}, thinking={"type": "disabled"}))
    assert found.needs == frozenset()


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": 7}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"system": 7}, "system"),
        ({"stream": 1}, "stream"),
        ({"stop_sequences": "END"}, "stop_sequences"),
    ],
)
def test_wrong_types_are_the_clients_mistake(members, param):
    """Wrong types get a 400 that names the field."""
    with pytest.raises(InvalidRequest) as caught:
        request.read(body(**members))
    assert caught.value.param == param


def test_open_lists_stay_open():
    """G15, G17: unknown fields pass as they are, only the model changes."""
    asked = (
        b'{"context_management":{"edits": []},"model":"m","top_k":1,'
        b'"messages":[{"role":"user","content":""}]}'
    )
    encoded = request.address(request.read(asked), "n", Quirks(drop=frozenset({"top_k"})))
    assert encoded.dropped == ("top_k",)
    assert encoded.body == asked.replace(b'"m"', b'"n"').replace(b'"top_k":1,', b"")

import json

import pytest

from penstock.domain.chat import (
    Conversation,
    Media,
    Message,
    Reasoning,
    Refusal,
    ResponseFormat,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.failures import InvalidRequest
from penstock.wire import custom_tools
from penstock.wire.anthropic_messages.from_hub import request
from penstock.wire.codec import Quirks

HI = Message(role="user", parts=(Text(text="hi"),))


def encoded(*messages, model="claude-opus-5", quirks=None, **members):
    return request(Conversation(messages=messages or (HI,), **members), model, quirks or Quirks())


def body(*messages, **members):
    return json.loads(encoded(*messages, **members).body)


def test_the_least_request_has_a_cap():
    """G18: Anthropic requires one; the quirks say which."""
    assert body(quirks=Quirks(default_max_output_tokens=77)) == {
        "model": "claude-opus-5",
        "max_tokens": 77,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }


def test_settings_are_written():
    """G18: each setting under the name of this dialect."""
    found = body(
        max_output_tokens=5, temperature=0.5, top_p=0.9, top_k=3, stop=("a",), user="u",
        service_tier="default", stream=True,
    )  # fmt: skip
    del found["messages"], found["model"]
    assert found == {
        "max_tokens": 5, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "stop_sequences": ["a"],
        "metadata": {"user_id": "u"}, "service_tier": "standard_only", "stream": True,
    }  # fmt: skip


def test_what_has_no_counterpart_is_named():
    """G15: and what the provider refuses."""
    found = encoded(
        seed=1, verbosity="low", metadata={"a": "b"}, temperature=1.5, service_tier="flex", top_p=0.5,
        response_format=ResponseFormat(), dropped=("other",), tools=(Tool(name="f", strict=True),),
        quirks=Quirks(drop=frozenset({"top_p"})),
    )  # fmt: skip
    assert found.dropped == (
        "other", "seed", "verbosity", "metadata", "tools.strict", "temperature", "service_tier",
        "response_format", "top_p",
    )  # fmt: skip
    assert set(json.loads(found.body)) == {"model", "max_tokens", "messages", "tools"}


def test_a_schema_is_asked_for_as_output_format():
    """G18: beside an effort."""
    found = body(response_format=ResponseFormat(schema={"type": "object"}), reasoning_effort="low")
    form = {"type": "json_schema", "schema": {"type": "object"}}
    assert found["output_config"] == {"effort": "low", "format": form}


@pytest.mark.parametrize(
    ("model", "members", "thinking", "effort", "dropped"),
    [
        ("claude-opus-5", {"reasoning_effort": "high"}, {"type": "adaptive"}, "high", ()),
        ("claude-opus-5", {"reasoning_effort": "minimal"}, {"type": "adaptive"}, "low", ()),
        ("claude-opus-4-6", {"reasoning_tokens": 2048}, {"type": "adaptive"}, "low", ()),
        ("claude-opus-5", {"reasoning_effort": "none"}, {"type": "disabled"}, None, ()),
        (
            "claude-sonnet-4-5-20250929",
            {"reasoning_effort": "low", "max_output_tokens": 9999},
            {"type": "enabled", "budget_tokens": 2048},
            None,
            (),
        ),
        (
            "claude-sonnet-4-20250514",
            {"reasoning_tokens": 3000, "max_output_tokens": 2000},
            {"type": "enabled", "budget_tokens": 1999},
            None,
            (),
        ),
        (
            "claude-haiku-4-5",
            {"reasoning_effort": "low", "max_output_tokens": 500},
            None,
            None,
            ("reasoning_effort",),
        ),
        (
            "claude-opus-5",
            {"reasoning_effort": "low", "tools": (Tool(name="f"),), "tool_choice": "required"},
            None,
            None,
            ("reasoning_effort",),
        ),
        (
            "claude-opus-5",
            {"reasoning_effort": "low", "tools": (Tool(name="f"),), "tool_choice": "tool:f"},
            None,
            None,
            ("reasoning_effort",),
        ),
        (
            "claude-opus-5",
            {"reasoning_effort": "low", "tools": (Tool(name="f"),), "top_k": 3, "temperature": 0.5},
            {"type": "adaptive"},
            "low",
            ("temperature", "top_k"),
        ),
    ],
)
def test_thinking_is_asked_for_in_the_form_that_the_model_takes(model, members, thinking, effort, dropped):
    """G18: an effort or a budget within the cap; a forced tool excludes it, so does a temperature."""
    found = encoded(model=model, **members)
    asked = json.loads(found.body)
    assert asked.get("thinking") == thinking
    assert asked.get("output_config", {}).get("effort") == effort
    assert found.dropped == dropped


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        ("tool:f", None, {"type": "tool", "name": "f"}),
        ("required", None, {"type": "any"}),
        ("auto", False, {"type": "auto", "disable_parallel_tool_use": True}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("none", False, {"type": "none"}),
        (None, True, None),
    ],
)
def test_each_tool_choice_is_written(choice, parallel, expected):
    """G18: parallel calls are switched off where the choice stands."""
    found = body(tools=(Tool(name="f"),), tool_choice=choice, parallel_tool_calls=parallel)
    assert found.get("tool_choice") == expected


def test_tools_are_written():
    """G18: every schema is an object's; a custom tool is one with one string."""
    tools = (Tool(name="f", description="d", parameters={"properties": {}}), Tool(name="c", custom=True))
    assert body(tools=tools)["tools"] == [
        {"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}},
        {"name": "c", "input_schema": custom_tools.PARAMETERS},
    ]


def test_leading_instructions_are_the_system_prompt():
    """G18: later ones keep their place, as a user's."""
    system = Message(role="system", parts=(Text(text="be"),))
    kind = Message(role="developer", parts=(Text(text="kind"),))
    assert body(system, HI)["system"] == "be"
    found = body(system, kind, HI, kind)
    assert found["system"] == [{"type": "text", "text": "be"}, {"type": "text", "text": "kind"}]
    assert found["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "kind"}]}
    ]
    marked = Message(role="system", parts=(Text(text="be", cache_control={"type": "ephemeral"}),))
    assert body(marked, HI)["system"][0]["cache_control"] == {"type": "ephemeral"}


def test_instructions_alone_are_a_turn():
    """G18: Anthropic wants at least one."""
    system = Message(role="system", parts=(Text(text="be"),))
    found = body(system)
    assert "system" not in found
    assert found["messages"] == [{"role": "user", "content": [{"type": "text", "text": "be"}]}]
    assert body(Message(role="user", parts=()))["messages"] == []


def test_turns_alternate():
    """G18: results and what the user says with them are one turn."""
    found = body(
        Message(
            role="assistant",
            parts=(
                Reasoning(text="hm", signature="s"),
                Reasoning(encrypted="d"),
                Reasoning(text="foreign"),
                Reasoning(text="x", encrypted="e", id="rs_1"),
                Text(text=""),
                Refusal(text=""),
                Refusal(text="no"),
                ToolCall(id="1", name="f", arguments="{}"),
            ),
        ),
        Message(role="tool", parts=(ToolResult(call_id="1", parts=(Text(text="ok"),)),)),
        Message(role="tool", parts=(ToolResult(call_id="2", parts=(), is_error=True),)),
        HI,
    )["messages"]
    assert found == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "d"},
                {"type": "text", "text": "no"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": "ok"},
                {"type": "tool_result", "tool_use_id": "2", "is_error": True},
                {"type": "text", "text": "hi"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            Media(kind="image", data="QQ==", media_type="image/gif"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "QQ=="}},
        ),
        (
            Media(kind="file", url="https://x.test/a", filename="t"),
            {"type": "document", "source": {"type": "url", "url": "https://x.test/a"}, "title": "t"},
        ),
        (Media(kind="image", file_id="f"), {"type": "image", "source": {"type": "file", "file_id": "f"}}),
    ],
)
def test_media_are_written(part, expected):
    """G18: inline, by address, uploaded."""
    assert body(Message(role="user", parts=(part,)))["messages"][0]["content"] == [expected]


def test_a_result_may_show_an_image():
    """G18: here media stand in the result itself; the detail wanted has no place."""
    image = Media(kind="image", url="u", detail="low")
    found = encoded(Message(role="tool", parts=(ToolResult(call_id="1", parts=(image,)),)))
    result = json.loads(found.body)["messages"][0]["content"][0]
    assert result["content"] == [{"type": "image", "source": {"type": "url", "url": "u"}}]
    assert found.dropped == ("image.detail",)


def test_audio_is_refused():
    """G15: Messages take none, and nothing is dropped in silence."""
    with pytest.raises(InvalidRequest):
        body(Message(role="user", parts=(Media(kind="audio", data="QQ=="),)))

import json

import pytest

from penstock.domain.chat import (
    Media,
    Message,
    Reasoning,
    ResponseFormat,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.failures import InvalidRequest
from penstock.wire.anthropic_messages.to_hub import conversation

HI = {"role": "user", "content": "hi"}


def hub(*messages, **members):
    return conversation(json.dumps({"model": "m", "messages": list(messages or [HI]), **members}).encode())


def parts(*blocks):
    return hub({"role": "user", "content": list(blocks)}).messages[0].parts


def test_a_conversation_of_several_turns_is_read():
    """G18: system prompt, thinking, calls, results ahead of what the user says with them."""
    found = hub(
        HI,
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "d"},
                {"type": "text", "text": "a"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {"x": 1}},
                {"type": "tool_use"},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "here"},
                {"type": "tool_result", "tool_use_id": "1", "content": "ok", "is_error": True},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "2"}]},
        {"role": "system", "content": "now"},
        {"role": "assistant", "content": ""},
        system=[{"type": "text", "text": "be", "cache_control": {"type": "ephemeral"}}],
    )
    assert found.messages == (
        Message(role="system", parts=(Text(text="be", cache_control={"type": "ephemeral"}),)),
        Message(role="user", parts=(Text(text="hi"),)),
        Message(
            role="assistant",
            parts=(
                Reasoning(text="hm", signature="s"),
                Reasoning(encrypted="d"),
                Text(text="a"),
                ToolCall(id="1", name="f", arguments='{"x": 1}'),
                ToolCall(id="", name="", arguments="{}"),
            ),
        ),
        Message(role="tool", parts=(ToolResult(call_id="1", parts=(Text(text="ok"),), is_error=True),)),
        Message(role="user", parts=(Text(text="here"),)),
        Message(role="tool", parts=(ToolResult(call_id="2", parts=()),)),
        Message(role="system", parts=(Text(text="now"),)),
        Message(role="assistant", parts=()),
    )


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QQ=="}},
            (Media(kind="image", data="QQ==", media_type="image/png"),),
        ),
        (
            {"type": "document", "title": "t", "source": {"type": "url", "url": "https://x.test/a"}},
            (Media(kind="file", url="https://x.test/a", filename="t"),),
        ),
        ({"type": "image", "source": {"type": "file", "file_id": "f"}}, (Media(kind="image", file_id="f"),)),
        ({"type": "document", "source": {"type": "text", "data": "t"}}, (Text(text="t"),)),
        (
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "t"}]}},
            (Text(text="t"),),
        ),
        ({"type": "document", "source": {"type": "content"}}, ()),
    ],
)
def test_media_are_read(block, expected):
    """G18: inline, by address, uploaded, or as text."""
    assert parts(block) == expected


def test_a_result_may_show_an_image():
    """G18: media in results stay there; an object is no content."""
    image = {"type": "image", "source": {"type": "url", "url": "u"}}
    result = {"type": "tool_result", "tool_use_id": "1", "content": [image, {"type": "text", "text": "t"}]}
    assert parts(result)[0].parts == (Media(kind="image", url="u"), Text(text="t"))
    assert parts({**result, "content": {"x": 1}})[0].parts == ()


def test_what_has_no_place_is_named():
    """G15: blocks and tools that run at the provider, and unknown parameters."""
    found = hub(
        {"role": "user", "content": [{"type": "server_tool_use"}, {"type": "search_result", "source": "u"}]},
        tools=[{"type": "web_search_20250305", "name": "web_search"}],
        container="c",
    )
    assert found.dropped == (
        "container",
        "content.server_tool_use",
        "content.search_result",
        "tools.web_search_20250305",
    )


def test_tools_and_how_to_use_them_are_read():
    """G18: with or without their type."""
    found = hub(
        tools=[
            {"name": "f", "description": "d", "input_schema": {"type": "object"}},
            {"type": "custom", "name": "g"},
        ],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
    )
    assert found.tools == (Tool(name="f", description="d", parameters={"type": "object"}), Tool(name="g"))
    assert (found.tool_choice, found.parallel_tool_calls) == ("required", False)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "tool", "name": "f"}, "tool:f"),
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        (None, None),
    ],
)
def test_each_tool_choice_is_read(choice, expected):
    """G18: Anthropic's words for it."""
    found = hub(tool_choice=choice)
    assert (found.tool_choice, found.parallel_tool_calls) == (expected, None)


def test_settings_are_read():
    """G18: each where the hub has it."""
    found = hub(
        max_tokens=5, stream=True, temperature=0.5, top_p=0.9, top_k=3, stop_sequences=["END"],
        metadata={"user_id": "u"}, service_tier="standard_only", system="be",
    )  # fmt: skip
    assert (found.max_output_tokens, found.stream, found.temperature) == (5, True, 0.5)
    assert (found.top_p, found.top_k, found.stop) == (0.9, 3, ("END",))
    assert (found.user, found.service_tier, found.dropped) == ("u", "default", ())
    assert found.messages[0] == Message(role="system", parts=(Text(text="be"),))


@pytest.mark.parametrize(
    ("members", "effort", "tokens"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, None, 2048),
        ({"thinking": {"type": "adaptive"}}, "medium", None),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, "high", None),
        ({"thinking": {"type": "disabled"}}, None, None),
        ({}, None, None),
    ],
)
def test_thinking_is_read(members, effort, tokens):
    """G18: a budget, an effort, or neither."""
    found = hub(**members)
    assert (found.reasoning_effort, found.reasoning_tokens) == (effort, tokens)


@pytest.mark.parametrize(
    "members",
    [
        {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}}}},
        {"output_format": {"type": "json_schema", "schema": {"a": 1}}},
    ],
)
def test_the_form_of_the_answer_is_read(members):
    """G18: under the name of today and of the beta."""
    assert hub(**members).response_format == ResponseFormat(schema={"a": 1}, strict=True)


def test_a_form_without_schema_is_none():
    """G18: there is nothing to hold the answer to."""
    assert hub(output_format={"type": "json_schema"}).response_format is None


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "robot", "content": "x"}, "messages[0].role"),
        ({"role": "user", "content": [{"type": "tool_result"}]}, "messages[0].content[0].tool_use_id"),
    ],
)
def test_what_cannot_be_translated_is_refused(message, param):
    """G15: the field is named."""
    with pytest.raises(InvalidRequest) as caught:
        hub(message)
    assert caught.value.param == param

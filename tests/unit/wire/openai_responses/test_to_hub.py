import json

import pytest

from penstock.domain.chat import (
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
from penstock.wire.openai_responses.to_hub import conversation


def hub(*items, **members):
    return conversation(json.dumps({"model": "m", "input": list(items), **members}).encode())


def test_text_and_instructions_are_messages():
    """G18: the short form of both."""
    found = conversation(b'{"model":"m","input":"hi","instructions":"be"}')
    assert found.messages == (
        Message(role="system", parts=(Text(text="be"),)),
        Message(role="user", parts=(Text(text="hi"),)),
    )
    listed = hub(instructions=[{"role": "developer", "content": "be"}])
    assert listed.messages == (Message(role="developer", parts=(Text(text="be"),)),)


def test_what_the_model_said_in_one_turn_is_one_message():
    """G18: reasoning, text and calls; results apart; what ran at the provider is named."""
    found = hub(
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "id": "rs1", "summary": [{"text": "hm"}, {}], "encrypted_content": "e"},
        {"type": "reasoning", "id": "rs2"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "function_call", "id": "fc1", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "2", "name": "f", "arguments": {"a": 1}},
        {"type": "custom_tool_call", "call_id": "3", "name": "c", "input": "x"},
        {"type": "function_call_output", "call_id": "1", "output": "ok"},
        {"type": "function_call_output", "call_id": "2", "output": {"b": 2}},
        {"type": "custom_tool_call_output", "call_id": "3", "output": [{"type": "input_text", "text": "t"}]},
        {"type": "function_call_output", "call_id": "4"},
        {"type": "web_search_call", "id": "w"},
        {"role": "assistant", "content": "end"},
    )
    assert found.dropped == ("input.web_search_call",)
    assert found.messages == (
        Message(role="user", parts=(Text(text="hi"),)),
        Message(
            role="assistant",
            parts=(
                Reasoning(text="hm", id="rs1", encrypted="e"),
                Reasoning(id="rs2"),
                Text(text="a"),
                ToolCall(id="1", name="f", arguments="{}", item_id="fc1"),
                ToolCall(id="2", name="f", arguments='{"a":1}'),
                ToolCall(id="3", name="c", arguments="x", custom=True),
            ),
        ),
        Message(role="tool", parts=(ToolResult(call_id="1", parts=(Text(text="ok"),)),)),
        Message(role="tool", parts=(ToolResult(call_id="2", parts=(Text(text='{"b":2}'),)),)),
        Message(role="tool", parts=(ToolResult(call_id="3", parts=(Text(text="t"),), custom=True),)),
        Message(role="tool", parts=(ToolResult(call_id="4", parts=()),)),
        Message(role="assistant", parts=(Text(text="end"),)),
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "refusal", "refusal": "no"}, Refusal(text="no")),
        (
            {"type": "input_image", "image_url": "data:image/png;base64,QQ==", "detail": "low"},
            Media(kind="image", data="QQ==", media_type="image/png", detail="low"),
        ),
        ({"type": "input_image", "file_id": "f"}, Media(kind="image", file_id="f")),
        (
            {"type": "input_file", "file_data": "data:application/pdf;base64,QQ==", "filename": "a.pdf"},
            Media(kind="file", data="QQ==", media_type="application/pdf", filename="a.pdf"),
        ),
        ({"type": "input_file", "file_url": "https://x.test/a"}, Media(kind="file", url="https://x.test/a")),
        ({"type": "input_file", "file_id": "f"}, Media(kind="file", file_id="f")),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
            Media(kind="audio", data="QQ==", media_type="audio/wav"),
        ),
    ],
)
def test_each_part_of_a_message_is_read(part, expected):
    """G18: refusals, images, files, sounds."""
    assert hub({"role": "user", "content": [part]}).messages[0].parts == (expected,)


def test_tools_are_read():
    """G18: functions and custom tools; grammars and the provider's own tools are named."""
    found = hub(
        tools=[
            {"type": "function", "name": "f", "description": "d", "parameters": {"a": 1}, "strict": True},
            {"type": "custom", "name": "c", "format": {"type": "grammar"}},
            {"type": "custom", "name": "t", "format": {"type": "text"}},
            {"type": "web_search"},
            {"type": "function"},
        ]
    )
    assert found.tools == (
        Tool(name="f", description="d", parameters={"a": 1}, strict=True),
        Tool(name="c", custom=True),
        Tool(name="t", custom=True),
    )
    assert found.dropped == ("tools.format", "tools.web_search", "tools.function")


@pytest.mark.parametrize(
    ("choice", "expected", "dropped"),
    [
        ("required", "required", ()),
        ({"type": "function", "name": "f"}, "tool:f", ()),
        ({"type": "web_search"}, None, ("tool_choice",)),
    ],
)
def test_each_tool_choice_is_read(choice, expected, dropped):
    """G18: a choice that the hub does not know is named."""
    found = hub(tool_choice=choice)
    assert (found.tool_choice, found.dropped) == (expected, dropped)


def test_settings_are_read_and_the_rest_is_named():
    """G15: what the gateway sees to itself is not; what is the default anyway is not."""
    found = hub(
        stream=True, max_output_tokens=5, temperature=0.5, top_p=0.9, parallel_tool_calls=False,
        text={"verbosity": "low"}, reasoning={"effort": "low"}, user="u", metadata={"a": "b"},
        service_tier="flex", store=True, truncation="disabled", prompt_cache_key="k",
        include=["reasoning.encrypted_content", "web_search_call.action.sources"],
    )  # fmt: skip
    assert (found.stream, found.max_output_tokens, found.temperature, found.top_p) == (True, 5, 0.5, 0.9)
    assert (found.parallel_tool_calls, found.verbosity, found.reasoning_effort) == (False, "low", "low")
    assert (found.user, found.metadata, found.service_tier) == ("u", {"a": "b"}, "flex")
    assert found.dropped == ("prompt_cache_key", "include.web_search_call.action.sources")
    assert hub(truncation="auto").dropped == ("truncation",)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, ResponseFormat()),
        ({"type": "json_schema", "name": "n", "schema": {"a": 1}}, ResponseFormat(name="n", schema={"a": 1})),
    ],
)
def test_the_form_of_the_answer_is_read(asked, expected):
    """G18: text, any JSON, a schema."""
    assert hub(text={"format": asked}).response_format == expected


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"role": "robot", "content": "x"}, "input[0].role"),
        ({"content": "x"}, "input[0].role"),
        ({"role": "user", "content": [{"type": "hologram"}]}, "input[0].content[0].type"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, "input[0].content[0].type"),
        ({"type": "function_call", "name": "f"}, "input[0].call_id"),
        ({"type": "function_call", "call_id": "1"}, "input[0].name"),
        ({"type": "function_call_output"}, "input[0].call_id"),
    ],
)
def test_what_cannot_be_translated_is_refused(item, param):
    """G15: the field is named."""
    with pytest.raises(InvalidRequest) as caught:
        hub(item)
    assert caught.value.param == param

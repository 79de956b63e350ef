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
from penstock.wire.codec import Quirks
from penstock.wire.openai_responses.from_hub import request

HI = Message(role="user", parts=(Text(text="hi"),))
HI_ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def encoded(*messages, quirks=None, **members):
    return request(Conversation(messages=messages or (HI,), **members), "m", quirks or Quirks())


def body(*messages, **members):
    return json.loads(encoded(*messages, **members).body)


def test_the_least_request_stores_nothing():
    """G18: the conversation comes whole each time."""
    assert body() == {"model": "m", "input": [HI_ITEM], "store": False}


def test_leading_instructions_are_instructions():
    """G18: others keep their place and role."""
    system = Message(role="system", parts=(Text(text="be"),))
    found = body(system, HI, system)
    assert found["instructions"] == "be"
    assert [item["role"] for item in found["input"]] == ["user", "system"]
    shown = Message(role="system", parts=(Media(kind="image", url="u"),))
    assert "instructions" not in body(shown)


def test_settings_are_written():
    """G18: each setting under the name of this dialect; reasoning comes back encrypted."""
    found = body(
        max_output_tokens=50, temperature=0.5, top_p=0.9, reasoning_effort="max", verbosity="low", user="u",
        metadata={"a": "b"}, service_tier="flex", stream=True, response_format=ResponseFormat(),
    )  # fmt: skip
    assert found == {
        "model": "m", "input": [HI_ITEM], "max_output_tokens": 50, "temperature": 0.5, "top_p": 0.9,
        "text": {"format": {"type": "json_object"}, "verbosity": "low"}, "reasoning": {"effort": "xhigh"},
        "include": ["reasoning.encrypted_content"], "user": "u", "metadata": {"a": "b"},
        "service_tier": "flex", "store": False, "stream": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("members", "reasoning", "included"),
    [
        ({"reasoning_tokens": 2048}, {"effort": "low"}, True),
        ({"reasoning_effort": "none"}, {"effort": "none"}, False),
        ({}, None, False),
    ],
)
def test_thinking_is_asked_for_as_an_effort(members, reasoning, included):
    """G18: OpenAI has words for it, also for none."""
    found = body(**members)
    assert (found.get("reasoning"), "include" in found) == (reasoning, included)


def test_what_has_no_counterpart_is_named():
    """G15: a cap below OpenAI's least is raised, and that is said too."""
    found = encoded(
        seed=1, top_k=2, stop=("a",), max_output_tokens=1, user="u", dropped=("other",),
        quirks=Quirks(drop=frozenset({"user"})),
    )  # fmt: skip
    assert found.dropped == ("other", "seed", "top_k", "stop", "max_output_tokens", "user")
    assert json.loads(found.body)["max_output_tokens"] == 16


def test_tools_are_written():
    """G18: functions are not strict unless that was asked for; custom tools are themselves."""
    tools = (
        Tool(name="f", description="d", parameters={"a": 1}, strict=True),
        Tool(name="g"),
        Tool(name="c", custom=True),
    )
    assert body(tools=tools)["tools"] == [
        {"type": "function", "name": "f", "description": "d", "parameters": {"a": 1}, "strict": True},
        {
            "type": "function",
            "name": "g",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {"type": "custom", "name": "c"},
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("tool:f", {"type": "function", "name": "f"}),
        ("tool:c", {"type": "custom", "name": "c"}),
        ("auto", "auto"),
    ],
)
def test_each_tool_choice_is_written(choice, expected):
    """G18: a named tool of either kind, or a word."""
    tools = (Tool(name="f"), Tool(name="c", custom=True))
    found = body(tools=tools, tool_choice=choice, parallel_tool_calls=True)
    assert (found["tool_choice"], found["parallel_tool_calls"]) == (expected, True)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (ResponseFormat(schema={}), {"type": "json_schema", "name": "answer", "schema": {}}),
        (
            ResponseFormat(name="n", schema={"a": 1}, strict=True, description="d"),
            {"type": "json_schema", "name": "n", "schema": {"a": 1}, "strict": True, "description": "d"},
        ),
    ],
)
def test_a_schema_is_written(asked, expected):
    """G18: with what was said of it."""
    assert body(response_format=asked)["text"] == {"format": expected}


def test_turns_become_items():
    """G18: text until a call or reasoning comes between; foreign reasoning stays out."""
    found = body(
        Message(
            role="assistant",
            parts=(
                Reasoning(text="hm", id="rs1", encrypted="e"),
                Reasoning(id="rs2", encrypted="e"),
                Reasoning(text="theirs", signature="s"),
                Reasoning(text="open"),
                Text(text="a"),
                Refusal(text="no"),
                ToolCall(id="1", name="f", arguments="{}"),
                ToolCall(id="2", name="c", arguments="x", custom=True),
                Text(text="b"),
            ),
        ),
        Message(role="tool", parts=(ToolResult(call_id="1", parts=(Text(text="ok"),)),)),
        Message(role="tool", parts=(ToolResult(call_id="2", parts=(), custom=True),)),
        Message(
            role="tool",
            parts=(ToolResult(call_id="3", parts=(Text(text="t"), Media(kind="image", url="u"))),),
        ),
    )["input"]
    output = {"type": "output_text", "annotations": []}
    assert found == [
        {
            "type": "reasoning",
            "id": "rs1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "e",
        },
        {"type": "reasoning", "id": "rs2", "summary": [], "encrypted_content": "e"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{**output, "text": "a"}, {"type": "refusal", "refusal": "no"}],
        },
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "2", "name": "c", "input": "x"},
        {"type": "message", "role": "assistant", "content": [{**output, "text": "b"}]},
        {"type": "function_call_output", "call_id": "1", "output": "ok"},
        {"type": "custom_tool_call_output", "call_id": "2", "output": ""},
        {
            "type": "function_call_output",
            "call_id": "3",
            "output": [
                {"type": "input_text", "text": "t"},
                {"type": "input_image", "detail": "auto", "image_url": "u"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            Media(kind="audio", data="QQ==", media_type="audio/mpeg"),
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
        ),
        (
            Media(kind="image", file_id="f", detail="low"),
            {"type": "input_image", "detail": "low", "file_id": "f"},
        ),
        (
            Media(kind="file", data="QQ=="),
            {
                "type": "input_file",
                "filename": "document.pdf",
                "file_data": "data:application/pdf;base64,QQ==",
            },
        ),
        (Media(kind="file", url="u"), {"type": "input_file", "file_url": "u"}),
        (Media(kind="file", file_id="f"), {"type": "input_file", "file_id": "f"}),
    ],
)
def test_media_are_written(part, expected):
    """G18: inline, by address, uploaded."""
    assert body(Message(role="user", parts=(part,)))["input"][0]["content"] == [expected]


def test_marks_without_a_place_are_named():
    """G15: cache marks and error marks."""
    failed = ToolResult(call_id="1", parts=(), is_error=True)
    text = Text(text="a", cache_control={"type": "ephemeral"})
    found = encoded(Message(role="user", parts=(text,)), Message(role="tool", parts=(failed,)))
    assert found.dropped == ("cache_control", "tool_result.is_error")

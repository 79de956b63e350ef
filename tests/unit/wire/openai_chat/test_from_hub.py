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
from penstock.wire.codec import Quirks
from penstock.wire.openai_chat.from_hub import request

HI = Message(role="user", parts=(Text(text="hi"),))
IMAGE = Media(kind="image", url="https://x.test/a", detail="low")


def encoded(*messages, quirks=None, **members):
    return request(Conversation(messages=messages or (HI,), **members), "m", quirks or Quirks())


def body(*messages, **members):
    return json.loads(encoded(*messages, **members).body)


def said(*parts, role="user", **more):
    return body(Message(role=role, parts=parts), **more)["messages"][0]


def test_the_least_request_is_small():
    """G18: nothing is sent that was not asked for."""
    assert body() == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_settings_are_written():
    """G18: each setting under the name of this dialect."""
    found = body(
        max_output_tokens=5, temperature=0.5, top_p=0.9, stop=("a",), seed=7, reasoning_effort="max",
        verbosity="low", user="u", metadata={"a": "b"}, service_tier="flex", stream=True,
        quirks=Quirks(max_tokens_field="max_completion_tokens"),
    )  # fmt: skip
    assert found | {"messages": 0} == {
        "model": "m", "messages": 0, "max_completion_tokens": 5, "temperature": 0.5, "top_p": 0.9,
        "stop": ["a"], "seed": 7, "reasoning_effort": "xhigh", "verbosity": "low", "user": "u",
        "metadata": {"a": "b"}, "service_tier": "flex", "stream": True,
        "stream_options": {"include_usage": True},
    }  # fmt: skip


def test_a_thinking_budget_becomes_an_effort():
    """G18: OpenAI has words for it."""
    assert body(reasoning_tokens=2048)["reasoning_effort"] == "low"


def test_what_the_provider_refuses_is_dropped_and_named():
    """G15: together with what the source could not say."""
    quirks = Quirks(drop=frozenset({"seed"}), stream_usage=False)
    found = encoded(seed=1, top_k=2, stream=True, dropped=("other",), quirks=quirks)
    assert found.dropped == ("other", "top_k", "seed")
    assert set(json.loads(found.body)) == {"model", "messages", "stream"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("tool:f", {"type": "function", "function": {"name": "f"}}), ("required", "required")],
)
def test_tools_are_written_as_functions(choice, expected):
    """G18: a custom tool becomes a function with one string."""
    tools = (
        Tool(name="f", description="d", parameters={"type": "object"}, strict=True),
        Tool(name="c", custom=True),
    )
    found = body(tools=tools, tool_choice=choice, parallel_tool_calls=False)
    assert found["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True},
        },
        {"type": "function", "function": {"name": "c", "parameters": custom_tools.PARAMETERS}},
    ]
    assert (found["tool_choice"], found["parallel_tool_calls"]) == (expected, False)


def test_a_tool_needs_a_name_only():
    """G18: without a choice none is made."""
    found = body(tools=(Tool(name="f"),))
    assert found["tools"] == [{"type": "function", "function": {"name": "f"}}]
    assert "tool_choice" not in found


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (ResponseFormat(), {"type": "json_object"}),
        (ResponseFormat(schema={}), {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}}),
        (
            ResponseFormat(name="n", schema={"a": 1}, strict=True, description="d"),
            {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"a": 1}, "strict": True, "description": "d"},
            },
        ),
    ],
)
def test_the_form_of_the_answer_is_written(asked, expected):
    """G18: any JSON, or a schema."""
    assert body(response_format=asked)["response_format"] == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (IMAGE, {"type": "image_url", "image_url": {"url": "https://x.test/a", "detail": "low"}}),
        (
            Media(kind="audio", data="QQ=="),
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
        ),
        (
            Media(kind="file", data="QQ=="),
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,QQ==", "filename": "document.pdf"},
            },
        ),
        (Media(kind="file", file_id="f1"), {"type": "file", "file": {"file_id": "f1"}}),
    ],
)
def test_media_are_written(part, expected):
    """G18: images, sounds, files."""
    assert said(part)["content"] == [expected]


def test_a_document_by_address_is_refused():
    """G15: chat completions have no place for it, and nothing is dropped in silence."""
    with pytest.raises(InvalidRequest):
        body(Message(role="user", parts=(Media(kind="file", url="https://x.test/a"),)))


def test_roles_and_names_are_written():
    """G18: `developer` becomes `system` where it is not known."""
    assert said(Text(text="a"), role="developer") == {"role": "developer", "content": "a"}
    assert said(Text(text="a"), role="developer", quirks=Quirks(developer_role=False))["role"] == "system"
    named = Message(role="user", parts=(Text(text="a"), Text(text="b")), name="n")
    assert body(named)["messages"][0] == {
        "role": "user",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "name": "n",
    }
    assert said()["content"] == ""


def test_an_assistants_turn_is_written():
    """G18: text, refusal and calls in one message; custom calls as functions."""
    turn = Message(
        role="assistant",
        name="n",
        parts=(
            Text(text="a"),
            Refusal(text="no"),
            ToolCall(id="1", name="f", arguments="{}"),
            ToolCall(id="2", name="c", arguments="x", custom=True),
        ),
    )
    assert body(turn)["messages"][0] == {
        "role": "assistant",
        "content": "a",
        "refusal": "no",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "2", "type": "function", "function": {"name": "c", "arguments": '{"input":"x"}'}},
        ],
        "name": "n",
    }
    assert said(role="assistant") == {"role": "assistant", "content": ""}
    assert said(ToolCall(id="1", name="f", arguments="{}"), role="assistant")["content"] is None


def test_reasoning_is_handed_back_to_those_who_take_it():
    """G18: DeepSeek wants it back, most others refuse the field."""
    assert "reasoning_content" not in said(Reasoning(text="hm"), role="assistant")
    quirks = Quirks(reasoning_field="reasoning_content")
    assert said(Reasoning(text="hm"), role="assistant", quirks=quirks)["reasoning_content"] == "hm"
    assert "reasoning_content" not in said(Text(text="a"), role="assistant", quirks=quirks)


def test_media_in_tool_results_follow_as_a_users():
    """G18: after all results of the turn, since only text may stand in them."""
    shown = ToolResult(call_id="1", parts=(IMAGE,))
    plain = ToolResult(call_id="2", parts=(Text(text="t"), Text(text="u")))
    found = body(Message(role="tool", parts=(shown,)), Message(role="tool", parts=(plain,)), HI)["messages"]
    assert [message["role"] for message in found] == ["tool", "tool", "user", "user"]
    assert found[0]["content"] == "(shown in the next message)"
    assert found[1]["content"] == [{"type": "text", "text": "t"}, {"type": "text", "text": "u"}]
    assert found[2]["content"][0]["type"] == "image_url"
    assert body(Message(role="tool", parts=(shown,)))["messages"][-1]["role"] == "user"


def test_marks_without_a_place_are_named():
    """G15: cache marks and error marks."""
    failed = ToolResult(call_id="1", parts=(), is_error=True)
    text = Text(text="a", cache_control={"type": "ephemeral"})
    found = encoded(Message(role="user", parts=(text,)), Message(role="tool", parts=(failed,)))
    assert found.dropped == ("cache_control", "tool_result.is_error")
    assert json.loads(found.body)["messages"][1]["content"] == ""

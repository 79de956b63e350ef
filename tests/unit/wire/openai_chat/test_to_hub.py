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
from penstock.wire.openai_chat.to_hub import conversation


def hub(*messages, **members):
    return conversation(json.dumps({"model": "m", "messages": list(messages), **members}).encode())


def user(*parts):
    return hub({"role": "user", "content": list(parts)}).messages[0].parts


def test_a_conversation_of_several_turns_is_read():
    """G18: system prompt, question, reasoning, calls of both kinds, their results."""
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "b", "type": "custom", "custom": {"name": "c", "input": "x"}},
    ]
    found = hub(
        {"role": "system", "content": "be"},
        {"role": "developer", "content": "kind", "name": "boss"},
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "refusal": "no",
            "tool_calls": calls,
        },
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
    )
    assert found.messages == (
        Message(role="system", parts=(Text(text="be"),)),
        Message(role="developer", parts=(Text(text="kind"),), name="boss"),
        Message(role="user", parts=(Text(text="hi"),)),
        Message(
            role="assistant",
            parts=(
                Reasoning(text="hm"),
                Refusal(text="no"),
                ToolCall(id="a", name="f", arguments="{}"),
                ToolCall(id="b", name="c", arguments="x", custom=True),
            ),
        ),
        Message(role="tool", parts=(ToolResult(call_id="a", parts=(Text(text="1"),)),)),
        Message(role="tool", parts=(ToolResult(call_id="b", parts=(Text(text="2"),), custom=True),)),
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "text", "text": "a", "cache_control": {"x": 1}}, Text(text="a", cache_control={"x": 1})),
        ({"type": "refusal", "refusal": "no"}, Refusal(text="no")),
        (
            {"type": "image_url", "image_url": {"url": "https://x.test/a", "detail": "low"}},
            Media(kind="image", url="https://x.test/a", detail="low"),
        ),
        (
            {"type": "image_url", "image_url": "data:image/png;base64,QQ=="},
            Media(kind="image", data="QQ==", media_type="image/png"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
            Media(kind="audio", data="QQ==", media_type="audio/mpeg"),
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,QQ==", "filename": "a.pdf"}},
            Media(kind="file", data="QQ==", media_type="application/pdf", filename="a.pdf"),
        ),
        ({"type": "file", "file": {"file_id": "f1"}}, Media(kind="file", file_id="f1")),
        (
            {"type": "document_url", "document_url": "https://x.test/a"},
            Media(kind="file", url="https://x.test/a"),
        ),
        (
            {"type": "document_url", "document_url": {"url": "https://x.test/a"}},
            Media(kind="file", url="https://x.test/a"),
        ),
    ],
)
def test_each_part_of_a_message_is_read(part, expected):
    """G18: text, images, sounds, files."""
    assert user(part) == (expected,)


def test_tools_and_how_to_use_them_are_read():
    """G18: functions, custom tools; what runs at the provider is named as dropped."""
    tools = [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True},
        },
        {"type": "custom", "custom": {"name": "c"}},
        {"type": "web_search"},
    ]
    found = hub(
        {"role": "user", "content": "hi"},
        tools=tools,
        tool_choice={"type": "function", "function": {"name": "f"}},
        parallel_tool_calls=False,
    )
    assert found.tools == (
        Tool(name="f", description="d", parameters={"type": "object"}, strict=True),
        Tool(name="c", custom=True),
    )
    assert (found.tool_choice, found.parallel_tool_calls) == ("tool:f", False)
    assert found.dropped == ("tools.web_search",)


@pytest.mark.parametrize(
    ("choice", "expected", "dropped"),
    [
        ("required", "required", ()),
        (None, None, ()),
        ({"type": "custom", "custom": {"name": "c"}}, "tool:c", ()),
        ({"type": "allowed_tools", "allowed_tools": {}}, None, ("tool_choice",)),
    ],
)
def test_each_tool_choice_is_read(choice, expected, dropped):
    """G18: a choice that the hub does not know is named as dropped."""
    found = hub({"role": "user", "content": "hi"}, tool_choice=choice)
    assert (found.tool_choice, found.dropped) == (expected, dropped)


def test_settings_are_read_and_the_rest_is_named():
    """G15: nothing is lost in silence; one answer is what one gets anyway."""
    found = hub(
        {"role": "user", "content": "hi"},
        stream=True,
        stream_options={},
        n=1,
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop="END",
        seed=7,
        reasoning_effort="low",
        verbosity="low",
        user="u",
        metadata={"a": "b"},
        service_tier="flex",
        logprobs=True,
        frequency_penalty=0,
    )
    assert (found.stream, found.max_output_tokens, found.temperature) == (True, 5, 0.5)
    assert (found.top_p, found.top_k, found.stop, found.seed) == (0.9, 3, ("END",), 7)
    assert (found.reasoning_effort, found.verbosity, found.user) == ("low", "low", "u")
    assert (found.metadata, found.service_tier, found.dropped) == ({"a": "b"}, "flex", ("logprobs",))
    assert hub({"role": "user", "content": "hi"}, n=2, stop=["a", "b"]).dropped == ("n",)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, ResponseFormat()),
        (
            {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
            },
            ResponseFormat(name="n", schema={"type": "object"}, strict=True),
        ),
        ({"type": "json_schema", "json_schema": {"name": "n"}}, ResponseFormat(name="n", schema={})),
    ],
)
def test_the_form_of_the_answer_is_read(asked, expected):
    """G18: text, any JSON, a schema."""
    assert hub({"role": "user", "content": "hi"}, response_format=asked).response_format == expected


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "function", "content": "x"}, "messages[0].role"),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
        ({"role": "user", "content": [{"type": "hologram"}]}, "messages[0].content[0].type"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": 7}]},
            "messages[0].content[0].image_url",
        ),
    ],
)
def test_what_cannot_be_translated_is_refused(message, param):
    """G15: content is never dropped in silence."""
    with pytest.raises(InvalidRequest) as caught:
        hub(message)
    assert caught.value.param == param

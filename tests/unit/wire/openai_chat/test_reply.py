import json

import pytest

from penstock.domain.chat import ChatRequest, Dialect, Reasoning, Refusal, Reply, Text, ToolCall
from penstock.domain.usage import Usage
from penstock.failures import InvalidAnswer, QuotaExhausted, ServerFault
from penstock.wire.openai_chat import reply

ASKED = ChatRequest(dialect=Dialect.OPENAI_CHAT, body=b'{"model":"m"}', model="m")


def completion(message, finish="stop", **more):
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return json.dumps(
        {"id": "c", "created": 7, "model": "m", "choices": [choice], "error": None, **more}
    ).encode()


def test_a_whole_answer_is_read():
    """G18: reasoning, text, calls, usage."""
    message = {
        "reasoning_content": "hm",
        "content": "hi",
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }
    found = reply.read(completion(message, usage={"prompt_tokens": 1}, service_tier="flex"))
    assert found == Reply(
        id="c",
        model="m",
        parts=(Reasoning(text="hm"), Text(text="hi"), ToolCall(id="a", name="f", arguments="{}")),
        finish_reason="tool_calls",
        usage=Usage(input_uncached=1, service_tier="flex"),
        created=7,
    )


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"refusal": "no"}, (Refusal(text="no"),)),
        ({"content": [{"type": "refusal", "refusal": "no"}]}, (Refusal(text="no"),)),
        ({"function_call": {"name": "f"}}, (ToolCall(id="call_0", name="f", arguments=""),)),
        (
            {"tool_calls": [{"id": "a", "custom": {"name": "c", "input": "x"}}]},
            (ToolCall(id="a", name="c", arguments="x", custom=True),),
        ),
        (
            {"reasoning": "hm", "reasoning_details": [{"signature": "s"}, {"data": "d", "id": "i"}]},
            (Reasoning(text="hm", signature="s"), Reasoning(encrypted="d", id="i")),
        ),
        ({"reasoning_details": [{"text": "hm", "signature": "s"}]}, (Reasoning(text="hm", signature="s"),)),
        ({"reasoning_details": [{"summary": "hm"}]}, (Reasoning(text="hm"),)),
    ],
)
def test_each_form_of_content_is_read(message, parts):
    """G18: refusals, old and custom calls, sealed reasoning."""
    assert reply.read(completion(message)).parts == parts


def test_a_completion_has_text_and_perhaps_a_stop_sequence():
    """G18: the older interface, and vLLM's word for why."""
    body = (
        b'{"choices":[{"text":"a","finish_reason":"stop","stop_reason":"END"}],'
        b'"x_groq":{"usage":{"prompt_tokens":1}}}'
    )
    found = reply.read(body, Dialect.OPENAI_COMPLETIONS)
    assert (found.parts, found.stop_sequence, found.usage.input_tokens) == ((Text(text="a"),), "END", 1)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"code":"insufficient_quota"}}', QuotaExhausted),
        (b'{"object":"error","message":"m"}', ServerFault),
        (b'{"choices":[]}', InvalidAnswer),
        (b'{"choices":[{"mess', InvalidAnswer),
        (b"<html></html>", InvalidAnswer),
        (b"", InvalidAnswer),
    ],
)
def test_a_200_that_is_no_answer_is_a_failure(body, kind):
    """P01, P04, P05: error objects, cut JSON, pages."""
    with pytest.raises(kind):
        reply.read(body)


def written(*parts, finish="stop", asked=ASKED, **more):
    answer = Reply(
        id=more.pop("id", "c"), model="m", parts=parts, finish_reason=finish, usage=more.get("usage")
    )
    return json.loads(reply.write(answer, asked))


@pytest.mark.parametrize(
    ("parts", "finish", "message", "word"),
    [
        ((Text(text="a"), Text(text="b")), "stop", {"content": "ab", "refusal": None}, "stop"),
        ((), "pause", {"content": "", "refusal": None}, "stop"),
        ((Refusal(text="no"),), "refusal", {"content": None, "refusal": "no"}, "stop"),
        ((Text(text="a"),), "refusal", {"content": "a", "refusal": None}, "content_filter"),
        (
            (Reasoning(text="x", signature="s"), Reasoning(text="y", encrypted="e", id="i"), Reasoning()),
            "length",
            {
                "content": "",
                "refusal": None,
                "reasoning_content": "xy",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "x", "signature": "s"},
                    {"type": "reasoning.encrypted", "data": "e", "id": "i", "summary": "y"},
                ],
            },
            "length",
        ),
    ],
)
def test_a_whole_answer_is_written(parts, finish, message, word):
    """G18: each part has its place, each reason its word."""
    choice = written(*parts, finish=finish)["choices"][0]
    assert choice["message"] == {"role": "assistant", **message}
    assert choice["finish_reason"] == word


def test_calls_come_in_the_form_that_the_client_declared():
    """G18: a function that stands for a custom tool is that tool's call again."""
    body = b'{"tools":[{"type":"custom","custom":{"name":"c"}}]}'
    asked = ChatRequest(dialect=Dialect.OPENAI_CHAT, body=body, model="m")
    calls = written(
        ToolCall(id="1", name="c", arguments='{"input":"text"}'),
        ToolCall(id="2", name="d", arguments="text", custom=True),
        ToolCall(id="3", name="f", arguments="{}"),
        finish="tool_calls",
        asked=asked,
    )["choices"][0]["message"]["tool_calls"]
    assert calls == [
        {"id": "1", "type": "custom", "custom": {"name": "c", "input": "text"}},
        {"id": "2", "type": "custom", "custom": {"name": "d", "input": "text"}},
        {"id": "3", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ]


def test_an_id_is_made_where_there_is_none_and_usage_is_written():
    """G18: clients look for both."""
    answer = written(Text(text="a"), id="", usage=Usage(input_uncached=2))
    assert answer["id"].startswith("chatcmpl-")
    assert answer["usage"]["prompt_tokens"] == 2

import json

import pytest

from penstock.domain.chat import ChatRequest, Dialect, Media, Reasoning, Refusal, Reply, Text, ToolCall
from penstock.domain.usage import Usage
from penstock.failures import InvalidAnswer, Overloaded
from penstock.wire.anthropic_messages import reply

ASKED = ChatRequest(dialect=Dialect.ANTHROPIC_MESSAGES, body=b"{}", model="asked")


def message(*blocks, **more):
    return json.dumps({"id": "m1", "type": "message", "model": "m", "content": list(blocks), **more}).encode()


def test_a_whole_answer_is_read():
    """G18: thinking, text, calls; what ran at the provider has no part."""
    found = reply.read(
        message(
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "text", "text": "hi"},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
            {"type": "tool_use"},
            {"type": "server_tool_use"},
            stop_reason="tool_use",
            usage={"input_tokens": 1},
            error=None,
        )
    )
    assert found == Reply(
        id="m1",
        model="m",
        parts=(
            Reasoning(text="hm", signature="s"),
            Reasoning(encrypted="d"),
            Text(text="hi"),
            ToolCall(id="a", name="f", arguments='{"x": 1}'),
            ToolCall(id="", name="", arguments="{}"),
        ),
        finish_reason="tool_calls",
        usage=Usage(input_uncached=1),
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"type":"error","error":{"type":"overloaded_error"}}', Overloaded),
        (b'{"error":{"type":"overloaded_error"}}', Overloaded),
        (b'{"type":"message"}', InvalidAnswer),
        (b'{"type":"mess', InvalidAnswer),
    ],
)
def test_a_200_that_is_no_answer_is_a_failure(body, kind):
    """P01, P04: an error object, or half of an answer."""
    with pytest.raises(kind):
        reply.read(body)


def written(*parts, finish="stop", **more):
    answer = Reply(
        id=more.pop("id", "m1"), model="m", parts=parts, finish_reason=finish, **{"usage": None, **more}
    )
    return json.loads(reply.write(answer, ASKED))


def test_a_whole_answer_is_written():
    """G18: each part becomes a block; empty text and media have none."""
    found = written(
        Reasoning(text="hm", signature="s"),
        Reasoning(encrypted="d"),
        Reasoning(text="x", encrypted="e", id="rs_1"),
        Text(text=""),
        Refusal(text="no"),
        ToolCall(id="a", name="f", arguments='{"x":1}'),
        ToolCall(id="b", name="c", arguments="free", custom=True),
        ToolCall(id="c", name="g", arguments="no json"),
        ToolCall(id="d", name="h", arguments=""),
        Media(kind="image", url="u"),
        finish="tool_calls",
    )
    assert found["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "thinking", "thinking": "x", "signature": "penstock/openai/rs_1/e"},
        {"type": "text", "text": "no"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "tool_use", "id": "b", "name": "c", "input": {"input": "free"}},
        {"type": "tool_use", "id": "c", "name": "g", "input": {"arguments": "no json"}},
        {"type": "tool_use", "id": "d", "name": "h", "input": {}},
    ]
    assert (found["stop_reason"], found["usage"]) == ("tool_use", {"input_tokens": 0, "output_tokens": 0})


def test_why_it_ended_is_written():
    """G18: a stop sequence is named; an id is made where there is none."""
    found = written(Text(text="a"), stop_sequence="END", id="", usage=Usage(output_text=2))
    assert (found["stop_reason"], found["stop_sequence"]) == ("stop_sequence", "END")
    assert found["id"].startswith("msg_")
    assert found["usage"]["output_tokens"] == 2

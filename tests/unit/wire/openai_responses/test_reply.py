import json

import pytest

from penstock.domain.chat import ChatRequest, Dialect, Reasoning, Refusal, Reply, Text, ToolCall
from penstock.domain.usage import Usage
from penstock.failures import InvalidAnswer, RateLimited, ServerFault
from penstock.wire.openai_responses import reply

ASKED = ChatRequest(
    dialect=Dialect.OPENAI_RESPONSES,
    body=b'{"model":"m","instructions":"be","tools":[{"type":"custom","name":"c"}]}',
    model="m",
)


def response(*items, **more):
    return json.dumps(
        {
            "id": "resp_1",
            "model": "m",
            "status": "completed",
            "created_at": 7.5,
            "output": list(items),
            **more,
        }
    ).encode()


def test_a_whole_answer_is_read():
    """G18: reasoning, text, refusal, calls; what ran at the provider has no part."""
    found = reply.read(
        response(
            {"type": "reasoning", "id": "rs1", "summary": [{"text": "hm"}], "encrypted_content": "e"},
            {"type": "message", "content": [{"text": "a"}, {"refusal": "no"}, {"type": "new"}]},
            {"type": "message", "content": "words"},
            {"type": "function_call", "id": "fc1", "call_id": "a", "name": "f", "arguments": "{}"},
            {"type": "custom_tool_call", "id": "ct1", "input": "x"},
            {"type": "function_call"},
            {"type": "web_search_call"},
            usage={"input_tokens": 1},
            error=None,
        )
    )
    assert found == Reply(
        id="resp_1",
        model="m",
        parts=(
            Reasoning(text="hm", id="rs1", encrypted="e"),
            Text(text="a"),
            Refusal(text="no"),
            Text(text=""),
            ToolCall(id="a", name="f", arguments="{}", item_id="fc1"),
            ToolCall(id="ct1", name="", arguments="x", custom=True, item_id="ct1"),
            ToolCall(id="", name="", arguments=""),
        ),
        finish_reason="tool_calls",
        usage=Usage(input_uncached=1, searches=1),
        created=7,
    )
    assert reply.read(response()).usage is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"status":"failed","error":{"code":"rate_limit_exceeded"}}', RateLimited),
        (b'{"status":"failed"}', ServerFault),
        (b'{"error":{"type":"server_error"}}', ServerFault),
        (b'{"id":"x"}', InvalidAnswer),
        (b'{"id', InvalidAnswer),
    ],
)
def test_a_200_that_is_no_answer_is_a_failure(body, kind):
    """P01, P04: a failed response, an error object, or half of an answer."""
    with pytest.raises(kind):
        reply.read(body)


def test_a_whole_answer_is_written():
    """G18: items with ids, the request's settings echoed, custom tools as the client declared them."""
    parts = (
        Reasoning(text="hm", signature="s"),
        Text(text="a"),
        Refusal(text="no"),
        ToolCall(id="1", name="c", arguments='{"input":"x"}'),
    )
    answer = Reply(id="x1", model="m", parts=parts, finish_reason="tool_calls", usage=Usage(output_text=1))
    found = json.loads(reply.write(answer, ASKED))
    assert (found["id"], found["status"], found["instructions"]) == ("resp_x1", "completed", "be")
    assert [item["type"] for item in found["output"]] == ["reasoning", "message", "custom_tool_call"]
    assert [part["type"] for part in found["output"][1]["content"]] == ["output_text", "refusal"]
    assert found["output"][2]["input"] == "x"
    assert found["usage"]["output_tokens"] == 1

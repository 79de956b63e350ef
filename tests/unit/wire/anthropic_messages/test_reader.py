import json

import pytest

from penstock.domain.chat import (
    Ended,
    Finished,
    OtherContent,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.failures import InvalidAnswer, Overloaded
from penstock.wire import sse
from penstock.wire.anthropic_messages.reader import Reader

START = {"type": "message_start", "message": {"id": "m1", "model": "m", "usage": {"input_tokens": 3}}}
STOP = {"type": "message_stop"}


def read(*events):
    reader = Reader()
    frames = [sse.event_frame(event["type"], json.dumps(event).encode()) for event in events]
    return [event for frame in frames for event in reader.read(frame)]


def begin(block, index=0):
    return {"type": "content_block_start", "index": index, "content_block": block}


def more(delta, index=0):
    return {"type": "content_block_delta", "index": index, "delta": delta}


def stop(index=0):
    return {"type": "content_block_stop", "index": index}


def ending(reason, usage=None, **delta):
    return {"type": "message_delta", "delta": {"stop_reason": reason, **delta}, "usage": usage}


def test_text_usage_and_the_proper_end_are_read():
    """G2, G3: only `message_stop` says that nothing is missing; usage is merged by field."""
    events = read(
        START,
        {"type": "ping"},
        begin({"type": "text", "text": ""}),
        more({"type": "text_delta", "text": "hi"}),
        stop(),
        ending("stop_sequence", {"output_tokens": 5, "input_tokens": None}, stop_sequence="END"),
        STOP,
    )
    assert events[0] == Started(id="m1", model="m")
    assert events[2] == TextDelta(text="hi")
    assert isinstance(events[3], UsageSeen)
    assert (events[3].usage.input_tokens, events[3].usage.output_tokens) == (3, 5)
    assert events[4:] == [Finished(reason="stop", stop_sequence="END"), Ended()]


def test_without_a_stop_there_is_no_finish():
    """G3: a stop reason alone is not the end."""
    assert not any(isinstance(event, Finished) for event in read(START, ending("end_turn")))
    assert read(STOP) == [Finished(reason="stop"), Ended()]


def test_calls_are_read_piece_by_piece():
    """G18: a call without arguments has the empty object."""
    events = read(
        begin({"type": "tool_use", "id": "a", "name": "f", "input": {}}, 1),
        more({"type": "input_json_delta", "partial_json": ""}, 1),
        more({"type": "input_json_delta", "partial_json": '{"x":1}'}, 1),
        stop(1),
        begin({"type": "tool_use", "id": "b", "name": "g"}, 2),
        stop(2),
        begin({"type": "tool_use", "name": "h", "input": {"y": 2}}, 3),
        stop(3),
    )
    assert events == [
        ToolCallStarted(index=0, id="a", name="f"),
        ToolCallDelta(index=0, arguments='{"x":1}'),
        ToolCallStarted(index=1, id="b", name="g"),
        ToolCallDelta(index=1, arguments="{}"),
        ToolCallStarted(index=2, id="call_2", name="h"),
        ToolCallDelta(index=2, arguments='{"y": 2}'),
    ]


def test_thinking_is_read_with_what_seals_it():
    """G18: signed, redacted, and OpenAI's that came through an Anthropic server."""
    events = read(
        begin({"type": "thinking", "thinking": "a", "signature": ""}),
        more({"type": "thinking_delta", "thinking": "b"}),
        more({"type": "signature_delta", "signature": "s"}),
        more({"type": "signature_delta", "signature": "penstock/openai/rs_1/enc"}),
        stop(),
        begin({"type": "thinking", "thinking": ""}, 1),
        begin({"type": "redacted_thinking", "data": "d"}, 2),
    )
    assert events == [
        ReasoningDelta(text="a"),
        ReasoningDelta(text="b"),
        ReasoningDelta(signature="s"),
        ReasoningDelta(encrypted="enc", id="rs_1"),
        ReasoningDelta(encrypted="d"),
    ]


def test_tools_of_the_provider_are_other_content():
    """G4: they commit the stream; their input is nobody's tool call."""
    events = read(
        begin({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
        more({"type": "input_json_delta", "partial_json": "{}"}),
        more({"type": "citations_delta"}),
        begin({"type": "text", "text": "begun"}, 1),
    )
    assert events == [OtherContent(kind="server_tool_use"), TextDelta(text="begun")]


def test_a_second_start_is_not_a_second_answer():
    """G18: some proxies splice two streams; the client sees one message."""
    assert [type(event) for event in read(START, START)] == [Started, UsageSeen, UsageSeen]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message_start"},
        {"type": "message_start", "message": {"id": "m1"}},
        {"type": "content_block_start"},
        {"type": "content_block_delta"},
        {"type": "message_delta"},
        {"type": "from_the_future", "message": "text"},
    ],
)
def test_events_without_their_parts_break_nothing(event):
    """G18: unknown events pass, missing members are no crash."""
    assert [found for found in read(event) if not isinstance(found, Started)] == []


@pytest.mark.parametrize("frame", [b": ping\n\n", sse.DONE])
def test_frames_that_say_nothing_give_nothing(frame):
    """G6: comments, and the end that other dialects have."""
    assert Reader().read(frame) == ()


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n', Overloaded),
        (b'data: {"type":"error","error":{"type":"overloaded_error"}}\n\n', Overloaded),
        (b'event: error\ndata: {"error":{"type":"overloaded_error"}}\n\n', Overloaded),
        (b'event: message_start\ndata: {"type"\n\n', InvalidAnswer),
    ],
)
def test_errors_in_a_stream_are_raised(frame, kind):
    """P02, P03, S10: an error event, also one without its name."""
    with pytest.raises(kind):
        Reader().read(frame)

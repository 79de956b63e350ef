import json

import pytest

from penstock.domain.chat import (
    Ended,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.failures import InvalidAnswer, QuotaExhausted, RateLimited
from penstock.wire import sse
from penstock.wire.openai_responses.reader import Reader

CREATED = {"type": "response.created", "response": {"id": "r1", "model": "m", "error": None}}
STARTED = Started(id="r1", model="m")


def read(*events):
    reader = Reader()
    frames = [sse.event_frame(event["type"], json.dumps(event).encode()) for event in events]
    return [event for frame in frames for event in reader.read(frame)]


def event(kind, **members):
    return {"type": f"response.{kind}", **members}


def added(kind, place=0, **item):
    return event("output_item.added", output_index=place, item={"type": kind, **item})


def done(kind, place=0, **item):
    return event("output_item.done", output_index=place, item={"type": kind, **item})


def completed(kind="completed", **response):
    return event(kind, response={"id": "r1", "status": kind, **response})


def test_text_usage_and_the_proper_end_are_read():
    """G2, G3: all of it comes with the last event."""
    usage = {"input_tokens": 3, "output_tokens": 1}
    events = read(
        CREATED,
        event("in_progress", response={"id": "r1"}),
        added("message"),
        event("output_text.delta", delta="hi"),
        event("output_text.delta", delta=""),
        done("message", content=[{"type": "output_text", "text": "hi"}]),
        completed(usage=usage, service_tier="flex", output=[{"type": "web_search_call"}]),
    )
    assert events[:3] == [STARTED, TextDelta(text="hi"), Finished(reason="stop")]
    counted = events[3]
    assert isinstance(counted, UsageSeen)
    assert (counted.usage.input_tokens, counted.usage.service_tier, counted.usage.searches) == (3, "flex", 1)
    assert events[4:] == [Ended()]


def test_a_queued_response_starts_too():
    """G18: background responses begin with another event."""
    assert read(event("queued", response={"id": "r1", "model": "m"}), CREATED) == [STARTED]


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (completed(), "stop"),
        (completed("incomplete", incomplete_details={"reason": "max_output_tokens"}), "length"),
        ({"type": "response.incomplete"}, "length"),
        ({"type": "response.completed"}, "stop"),
    ],
)
def test_the_end_says_why(last, reason):
    """G3: also where the object is not there."""
    assert read(last) == [Finished(reason=reason), Ended()]


def test_calls_are_read_by_their_place():
    """G18: ids may rotate, places do not."""
    events = read(
        added("function_call", 0, id="fc1", call_id="a", name="f"),
        added("custom_tool_call", 1, id="ct1", name="c"),
        event("function_call_arguments.delta", output_index=0, item_id="other", delta="{}"),
        event("custom_tool_call_input.delta", output_index=1, delta="x"),
        event("function_call_arguments.delta", output_index=9, delta="lost"),
        event("function_call_arguments.delta", output_index=0, delta=""),
        done("function_call", 0, id="fc1", call_id="a", name="f", arguments="{}"),
        completed(),
    )
    assert events == [
        ToolCallStarted(index=0, id="a", name="f", item_id="fc1"),
        ToolCallStarted(index=1, id="ct1", name="c", custom=True, item_id="ct1"),
        ToolCallDelta(index=0, arguments="{}"),
        ToolCallDelta(index=1, arguments="x"),
        Finished(reason="tool_calls"),
        Ended(),
    ]


def test_calls_that_were_not_streamed_are_read_when_done():
    """G18: some servers send an item whole."""
    events = read(
        added("function_call", 0, call_id="a", name="f"),
        done("function_call", 0, call_id="a", name="f", arguments='{"a":1}'),
        done("function_call", 1, name="g", arguments=""),
    )
    assert events == [
        ToolCallStarted(index=0, id="a", name="f"),
        ToolCallDelta(index=0, arguments='{"a":1}'),
        ToolCallStarted(index=1, id="call_1", name="g"),
    ]


def test_a_message_that_was_not_streamed_is_read_when_done():
    """G18: text and refusal, once."""
    content = [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}]
    events = read(done("message", content=content), done("message", 1, content="words"), completed())
    assert events == [TextDelta(text="a"), RefusalDelta(text="no"), Finished(reason="refusal"), Ended()]


def test_a_refusal_is_told_from_text():
    """G18: it shows in the output only."""
    events = read(event("refusal.delta", delta="no"), event("refusal.delta", delta=""), completed())
    assert events == [RefusalDelta(text="no"), Finished(reason="refusal"), Ended()]


def test_reasoning_is_read_with_what_seals_it():
    """G18: summaries part by part, open text, encrypted content with the item's id."""
    events = read(
        added("reasoning", id="rs1"),
        event("reasoning_summary_part.added", summary_index=0),
        event("reasoning_summary_text.delta", delta="a"),
        event("reasoning_summary_part.added", summary_index=1),
        event("reasoning_summary_text.delta", delta="b"),
        event("reasoning_summary_text.delta", delta=""),
        done("reasoning", id="rs1", encrypted_content="enc", summary=[{"type": "summary_text", "text": "a"}]),
        event("reasoning_text.delta", output_index=1, delta="c"),
        done("reasoning", 1, id="rs2"),
        done("reasoning", 2, id="rs3", summary=[{"type": "summary_text", "text": "d"}]),
        done("reasoning", 3, id="rs4", encrypted_content="penstock/signed/s"),
    )
    assert events == [
        ReasoningDelta(text="a"),
        ReasoningDelta(text="\n\n"),
        ReasoningDelta(text="b"),
        ReasoningDelta(encrypted="enc", id="rs1"),
        ReasoningDelta(text="c"),
        ReasoningDelta(text="d", id="rs3"),
        ReasoningDelta(signature="s"),
    ]


def test_what_has_no_form_in_the_hub_is_content_all_the_same():
    """G4: tools that run at the provider, sound and images commit the stream."""
    events = read(
        added("web_search_call"),
        event("output_audio.delta", delta="QQ=="),
        event("image_generation_call.partial_image"),
        done("web_search_call"),
    )
    assert [found.kind for found in events] == [
        "web_search_call", "output_audio.delta", "image_generation_call.partial_image",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        event("created"),
        event("output_item.added"),
        event("output_item.done"),
        event("from_the_future", delta={"a": 1}),
        event("output_text.delta", delta={"a": 1}),
    ],
)
def test_events_without_their_parts_break_nothing(broken):
    """G18: unknown events pass, missing members are no crash."""
    assert read(broken) == []


@pytest.mark.parametrize("frame", [b": ping\n\n", sse.DONE])
def test_frames_that_say_nothing_give_nothing(frame):
    """G6: comments, and the end that some servers add."""
    assert Reader().read(frame) == ()


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (b'data: {"type":"error","error":{"code":"insufficient_quota"}}\n\n', QuotaExhausted),
        (b'event: error\ndata: {"code":"rate_limit_exceeded","message":"m"}\n\n', RateLimited),
        (
            b'data: {"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded"}}}\n\n',
            RateLimited,
        ),
        (b'data: {"error":{"code":"insufficient_quota"}}\n\n', QuotaExhausted),
        (b"data: {\n\n", InvalidAnswer),
    ],
)
def test_errors_in_a_stream_are_raised(frame, kind):
    """P02, P03, S10: each form that OpenAI and its followers have."""
    with pytest.raises(kind):
        Reader().read(frame)

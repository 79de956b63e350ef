import json

import pytest

from penstock.domain.chat import (
    Dialect,
    Ended,
    Finished,
    OtherContent,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.failures import InvalidAnswer, Overloaded, QuotaExhausted, ServerFault
from penstock.wire import sse
from penstock.wire.openai_chat.reader import Reader

STARTED = Started(id="c1", model="m")


def frame(delta=None, finish=None, index=0, **more):
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    chunk = {"id": "c1", "model": "m", "choices": [choice], "usage": None, **more}
    return sse.data_frame(json.dumps(chunk).encode())


def read(*frames):
    reader = Reader()
    return [event for each in frames for event in reader.read(each)]


def call(arguments="", **more):
    return {"tool_calls": [{"function": {"arguments": arguments}, **more}]}


def named(name, arguments="", **more):
    return {"tool_calls": [{"function": {"name": name, "arguments": arguments}, **more}]}


def test_text_finish_usage_and_end_are_read():
    """G2, G3: the usual stream."""
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}, "service_tier": "flex"}
    events = read(
        frame({"role": "assistant", "content": ""}),
        frame({"content": "Hi"}),
        frame(finish="stop"),
        sse.data_frame(json.dumps(usage).encode()),
        sse.DONE,
    )
    assert events[:3] == [STARTED, TextDelta(text="Hi"), Finished(reason="stop")]
    assert isinstance(events[3], UsageSeen)
    assert (events[3].usage.input_uncached, events[3].usage.service_tier) == (3, "flex")
    assert events[4] == Ended()


def test_the_chunk_that_we_asked_for_is_marked():
    """G2: only a usage chunk without choices is extra."""
    reader = Reader()
    reader.read(frame(usage={"prompt_tokens": 1}))
    assert reader.extra is False
    reader.read(b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n')
    assert reader.extra is True
    reader.read(b": comment\n\n")
    assert reader.extra is False
    reader.read(b'data: {"choices":[],"prompt_filter_results":[]}\n\n')
    assert reader.extra is False


def test_repeated_usage_is_counted_once():
    """P07: each chunk may carry the usage so far."""
    events = read(
        frame(usage={"prompt_tokens": 5, "completion_tokens": 1}), frame(usage={"completion_tokens": 2})
    )
    last = [event.usage for event in events if isinstance(event, UsageSeen)][-1]
    assert (last.input_tokens, last.output_tokens) == (5, 2)


def test_groqs_usage_is_found():
    """G2: Groq has it under a name of its own."""
    events = read(frame(finish="stop", x_groq={"usage": {"prompt_tokens": 5}}))
    assert events[-1].usage.input_tokens == 5
    assert not any(isinstance(event, UsageSeen) for event in read(frame(x_groq={"id": "r"})))


def test_parallel_calls_are_told_apart():
    """G18: pieces find their call by index."""
    events = read(
        frame(named("f", index=0, id="a")),
        frame(named("g", index=1, id="b")),
        frame(call('{"x":', index=0)),
        frame(call("{}", index=1, id="")),
        frame(call("1}", index=0)),
        frame(finish="stop"),
    )
    assert events[1:] == [
        ToolCallStarted(index=0, id="a", name="f"),
        ToolCallStarted(index=1, id="b", name="g"),
        ToolCallDelta(index=0, arguments='{"x":'),
        ToolCallDelta(index=1, arguments="{}"),
        ToolCallDelta(index=0, arguments="1}"),
        Finished(reason="tool_calls"),
    ]


def test_calls_with_the_same_index_are_two_if_they_have_two_ids():
    """G18: Gemini gives all parallel calls the index 0; others repeat the id, or give none."""
    events = read(
        frame(named("f", "{}", index=0, id="a")),
        frame(named("g", "{}", index=0, id="b")),
        frame(named("g", "x", index=0, id="b")),
        frame(call("y", index=0, id="other")),
        frame(call("z")),
    )
    starts = [event.name for event in events if isinstance(event, ToolCallStarted)]
    assert starts == ["f", "g"]
    assert [event.index for event in events if isinstance(event, ToolCallDelta)] == [0, 1, 1, 1, 1]


def test_calls_without_index_or_id_get_one():
    """G18: local servers leave out what they can."""
    events = read(frame(named("f", '{"a":1}')))
    assert events[1:] == [
        ToolCallStarted(index=0, id="call_0", name="f"),
        ToolCallDelta(index=0, arguments='{"a":1}'),
    ]


def test_custom_tools_and_old_function_calls_are_calls():
    """G18: both forms that OpenAI had besides functions."""
    custom = {"tool_calls": [{"index": 0, "id": "a", "custom": {"name": "c", "input": "text"}}]}
    assert read(frame(custom))[1:] == [
        ToolCallStarted(index=0, id="a", name="c", custom=True),
        ToolCallDelta(index=0, arguments="text"),
    ]
    old = read(frame({"function_call": {"name": "f"}}), frame({"function_call": {"arguments": "{}"}}))
    assert old[1:] == [
        ToolCallStarted(index=0, id="call_0", name="f"),
        ToolCallDelta(index=0, arguments="{}"),
    ]


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
    ],
)
def test_reasoning_is_read_once_under_each_name(delta):
    """G18: providers differ in where they put it, and some put it twice."""
    assert read(frame(delta))[1:] == [ReasoningDelta(text="hm")]


def test_sealed_reasoning_is_read():
    """G18: signatures and encrypted content come as details."""
    details = [
        {"type": "reasoning.text", "signature": "s"},
        {"type": "x", "data": "d", "id": "i"},
        {"type": "y"},
    ]
    assert read(frame({"reasoning_details": details}))[1:] == [
        ReasoningDelta(signature="s"),
        ReasoningDelta(encrypted="d", id="i"),
    ]


def test_a_refusal_is_told_from_text():
    """G18: a refusal ends with `stop`, and is one."""
    events = read(frame({"refusal": "no"}), frame(finish="stop"))
    assert events[1:] == [RefusalDelta(text="no"), Finished(reason="refusal")]


def test_what_has_no_form_in_the_hub_is_content_all_the_same():
    """G4: audio and images commit a stream like text."""
    events = read(frame({"audio": {"data": "x"}}), frame({"images": [{"x": 1}]}))
    assert events[1:] == [OtherContent(kind="audio"), OtherContent(kind="image")]


def test_several_choices_end_together():
    """G3: an answer is whole when every choice that was begun has ended."""
    events = read(
        frame({"content": "a"}),
        frame({"content": "b"}, index=1),
        frame(finish="length"),
        frame({}, index=1),
        frame({}, finish="stop", index=1),
        frame({}, finish="stop", index=1),
    )
    assert events[1:] == [TextDelta(text="a"), OtherContent(kind="choice"), Finished(reason="length")]


def test_completions_have_text():
    """G18: the older interface differs in one field."""
    chunk = {"id": "c1", "model": "m", "choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]}
    second = {"id": "c1", "model": "m", "choices": [{"index": 1, "text": "b"}]}
    reader = Reader(Dialect.OPENAI_COMPLETIONS)
    events = reader.read(sse.data_frame(json.dumps(chunk).encode()))
    assert events == (STARTED, TextDelta(text="a"), Finished(reason="stop"))
    assert reader.read(sse.data_frame(json.dumps(second).encode())) == (OtherContent(kind="choice"),)


def test_the_stop_sequence_is_kept():
    """G18: vLLM says which one it was; a token's number is none."""
    chunk = b'data: {"choices":[{"finish_reason":"stop","stop_reason":%b}]}\n\n'
    assert Reader().read(chunk % b'"END"')[1] == Finished(reason="stop", stop_sequence="END")
    assert Reader().read(chunk % b"128009")[1] == Finished(reason="stop")


def test_usage_right_before_the_end_stands_for_a_finish_reason():
    """G3: some servers never send one; without usage it is a truncated stream."""
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
    assert read(frame({"content": "a"}), usage, sse.DONE)[-2:] == [Finished(reason="stop"), Ended()]
    assert read(frame({"content": "a"}), sse.DONE)[-2:] == [TextDelta(text="a"), Ended()]
    assert read(usage, frame({"content": "a"}), sse.DONE)[-2:] == [TextDelta(text="a"), Ended()]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'data: {"error":{"code":"insufficient_quota","message":"m"}}\n\n', QuotaExhausted),
        (b'event: error\ndata: {"type":"overloaded_error"}\n\n', Overloaded),
        (b'data: {"object":"error","message":"m","code":500}\n\n', ServerFault),
        (b'data: {"choices":[{"finish_reason":"error"}]}\n\n', ServerFault),
        (b"data: {\n\n", InvalidAnswer),
        (b'data: {"choices":7}\n\n', InvalidAnswer),
    ],
)
def test_errors_in_a_stream_are_raised(body, kind):
    """P02, P03, S10: whatever form the error has."""
    with pytest.raises(kind):
        Reader().read(body)


def test_an_error_that_is_null_is_none():
    """P02: some servers send the member with every chunk."""
    assert read(frame({"content": "a"}, error=None))[1:] == [TextDelta(text="a")]


def test_a_choice_without_delta_has_no_content():
    """G18: Azure's last chunk."""
    assert read(b'data: {"id":"c1","model":"m","choices":[{"finish_reason":null}]}\n\n') == [STARTED]

import json

from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.chat import (
    ChatRequest,
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
from penstock.domain.usage import Usage
from penstock.wire import sse
from penstock.wire.openai_responses.reader import Reader
from penstock.wire.openai_responses.writer import Writer

STARTED = Started(id="resp_1", model="m")


def frames(*events, body=b'{"model":"asked"}'):
    request = ChatRequest(dialect=Dialect.OPENAI_RESPONSES, body=body, model="asked", stream=True)
    writer = Writer(request)
    return sse.Splitter().feed(b"".join(map(writer.write, events)))


def written(*events, **more):
    return [json.loads(sse.data_of(frame)[1]) for frame in frames(*events, **more)]


def outline(*events, **more):
    return [event["type"].removeprefix("response.") for event in written(*events, **more)]


def test_a_response_is_created_filled_and_completed():
    """G18: items added and done, parts within them, numbered throughout, whole in the last event."""
    events = [
        STARTED,
        ReasoningDelta(text="hm"),
        TextDelta(text="a"),
        RefusalDelta(text="no"),
        ToolCallStarted(index=0, id="c1", name="f"),
        ToolCallDelta(index=0, arguments="{}"),
        Finished(reason="tool_calls"),
        UsageSeen(usage=Usage(input_uncached=3, output_text=1)),
        Ended(),
    ]
    assert outline(*events) == [
        "created", "in_progress",
        "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
        "reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
        "content_part.done", "content_part.added", "refusal.delta", "refusal.done", "content_part.done",
        "output_item.done",
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]  # fmt: skip
    found = written(*events)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    last = found[-1]["response"]
    assert (last["id"], last["model"], last["status"]) == ("resp_1", "m", "completed")
    assert last["output"] == [event["item"] for event in found if event["type"].endswith("item.done")]
    assert last["usage"]["total_tokens"] == 4


def test_an_empty_answer_is_a_response_too():
    """G18: created and ended, with an id of its own."""
    found = written(Finished(reason="length"), Ended())
    assert [event["type"] for event in found] == [
        "response.created", "response.in_progress", "response.incomplete",
    ]  # fmt: skip
    assert found[0]["response"]["id"].startswith("resp_")


def test_nothing_is_sent_before_content_and_no_end_without_a_finish():
    """G3, G4: what fails early leaves no trace, what is cut is not ended cleanly."""
    assert written(STARTED, OtherContent(kind="image"), Ended()) == []


def test_what_seals_reasoning_ends_its_item():
    """G18: reasoning that follows is another item; one without text has no summary."""
    found = written(
        ReasoningDelta(text="a"),
        ReasoningDelta(signature="s"),
        ReasoningDelta(encrypted="e", id="rs_own"),
        ReasoningDelta(text="b"),
        TextDelta(text="t"),
    )
    items = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    assert [(item.get("encrypted_content"), item["summary"]) for item in items] == [
        ("penstock/signed/s", [{"type": "summary_text", "text": "a"}]),
        ("e", []),
        (None, [{"type": "summary_text", "text": "b"}]),
    ]
    assert items[1]["id"] == "rs_own"


def test_a_function_for_a_declared_custom_tool_is_unwrapped_when_done():
    """G18: the client gets the free text that it declared, in one piece."""
    body = b'{"tools":[{"type":"custom","name":"c"}]}'
    events = [
        ToolCallStarted(index=0, id="1", name="c"),
        ToolCallDelta(index=0, arguments='{"input":'),
        ToolCallDelta(index=0, arguments='"x"}'),
        ToolCallStarted(index=1, id="2", name="c"),
        Finished(reason="tool_calls"),
    ]
    found = written(*events, body=body)
    assert outline(*events, body=body)[2:] == [
        "output_item.added", "output_item.added", "custom_tool_call_input.delta",
        "custom_tool_call_input.done", "output_item.done", "custom_tool_call_input.done", "output_item.done",
    ]  # fmt: skip
    assert found[4]["delta"] == "x"
    assert found[6]["item"]["input"] == "x"


def test_a_custom_tools_text_is_streamed():
    """G18: where the provider knows custom tools, nothing is held back."""
    events = [ToolCallStarted(index=0, id="1", name="c", custom=True), ToolCallDelta(index=0, arguments="x")]
    assert written(*events)[-1]["delta"] == "x"


def test_pieces_of_a_call_that_never_began_are_ignored():
    """G18: there is no item to put them in."""
    assert written(ToolCallDelta(index=7, arguments="{}")) == []


STEPS = st.one_of(
    st.builds(TextDelta, text=st.text(min_size=1)),
    st.builds(RefusalDelta, text=st.text(min_size=1)),
    st.builds(ReasoningDelta, text=st.text(min_size=1)),
    st.builds(ReasoningDelta, text=st.text(), signature=st.just("sig")),
    st.tuples(st.integers(0, 3), st.text(min_size=1)),
)


@given(st.lists(STEPS))
def test_any_order_of_events_makes_a_valid_stream(script):
    """G18: every item that is added is done, and nothing is lost."""
    events, said = [STARTED], {}
    for step in script:
        if not isinstance(step, tuple):
            events.append(step)
            continue
        index, text = step
        if index not in said:
            said[index] = ""
            events.append(ToolCallStarted(index=index, id=f"id{index}", name="f"))
        said[index] += text
        events.append(ToolCallDelta(index=index, arguments=text))
    events += [Finished(reason="stop"), Ended()]
    found = written(*events)
    added = [event["output_index"] for event in found if event["type"] == "response.output_item.added"]
    done = [event["output_index"] for event in found if event["type"] == "response.output_item.done"]
    assert added == list(range(len(added)))
    assert sorted(done) == added
    assert len(found[-1]["response"]["output"]) == len(added)
    reader = Reader()
    again = [event for frame in frames(*events) for event in reader.read(frame)]
    for kind in (TextDelta, RefusalDelta, ReasoningDelta):
        before = "".join(event.text for event in events if isinstance(event, kind))
        assert "".join(event.text for event in again if isinstance(event, kind)) == before
    calls = {event.index: event.id for event in again if isinstance(event, ToolCallStarted)}
    read_back = dict.fromkeys(calls.values(), "")
    for event in again:
        if isinstance(event, ToolCallDelta):
            read_back[calls[event.index]] += event.arguments
    assert read_back == {f"id{index}": text for index, text in said.items()}

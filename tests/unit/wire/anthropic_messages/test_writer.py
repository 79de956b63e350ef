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
from penstock.wire.anthropic_messages.reader import Reader
from penstock.wire.anthropic_messages.writer import Writer

ASKED = ChatRequest(dialect=Dialect.ANTHROPIC_MESSAGES, body=b"{}", model="asked", stream=True)
STARTED = Started(id="m1", model="m")


def frames(*events):
    writer = Writer(ASKED)
    return sse.Splitter().feed(b"".join(map(writer.write, events)))


def written(*events):
    return [json.loads(sse.data_of(frame)[1]) for frame in frames(*events)]


def outline(*events):
    """The kinds of events, with the block's type where one starts."""
    found = []
    for event in written(*events):
        block = event.get("content_block", {}).get("type")
        found.append(f"{event['type']}:{block}" if block else event["type"])
    return found


def call(index, name="f", custom=False):
    return ToolCallStarted(index=index, id=f"id{index}", name=name, custom=custom)


def args(index, text):
    return ToolCallDelta(index=index, arguments=text)


def calls_of(*events):
    """Read back: name -> arguments."""
    reader = Reader()
    found = {}
    names = {}
    for event in [event for frame in frames(*events) for event in reader.read(frame)]:
        if isinstance(event, ToolCallStarted):
            names[event.index] = event.id
            found[event.id] = ""
        elif isinstance(event, ToolCallDelta):
            found[names[event.index]] += event.arguments
    return found


def test_a_message_is_started_filled_and_stopped():
    """G18: every block is closed before the next, and the message with them."""
    events = [
        STARTED,
        ReasoningDelta(text="hm"),
        TextDelta(text="a"),
        RefusalDelta(text="b"),
        call(0),
        args(0, "{}"),
        Finished(reason="tool_calls"),
        UsageSeen(usage=Usage(input_uncached=3, output_text=1)),
        Ended(),
    ]
    assert outline(*events) == [
        "message_start",
        "content_block_start:thinking", "content_block_delta", "content_block_stop",
        "content_block_start:text", "content_block_delta", "content_block_delta", "content_block_stop",
        "content_block_start:tool_use", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    found = written(*events)
    assert (found[0]["message"]["id"], found[0]["message"]["model"]) == ("m1", "m")
    assert found[-2]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert (found[-2]["usage"]["input_tokens"], found[-2]["usage"]["output_tokens"]) == (3, 1)


def test_an_empty_answer_is_a_message_too():
    """G18: started and stopped, with an id of its own."""
    found = written(Finished(reason="stop", stop_sequence="END"), Ended())
    assert [event["type"] for event in found] == ["message_start", "message_delta", "message_stop"]
    assert found[0]["message"]["id"].startswith("msg_")
    assert found[1]["delta"]["stop_reason"] == "stop_sequence"


def test_nothing_is_sent_before_content_and_no_end_without_a_finish():
    """G3, G4: what fails early leaves no trace, what is cut is not ended cleanly."""
    assert written(STARTED, OtherContent(kind="image"), Ended()) == []


def test_what_seals_thinking_ends_its_block():
    """G18: thinking that follows is another block."""
    events = [
        ReasoningDelta(text="a"),
        ReasoningDelta(signature="s"),
        ReasoningDelta(text="b", encrypted="e", id="rs_1"),
        ReasoningDelta(encrypted="d"),
    ]
    starts = [event["content_block"] for event in written(*events) if event["type"] == "content_block_start"]
    assert starts == [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "redacted_thinking", "data": "d"},
    ]
    signatures = [event["delta"].get("signature") for event in written(*events) if "delta" in event]
    assert [each for each in signatures if each] == ["s", "penstock/openai/rs_1/e"]


def test_interleaved_calls_come_one_after_another():
    """G18: a call waits until the one before it is whole."""
    found = calls_of(
        call(0), args(0, '{"a":'), call(1), args(1, '{"b":'), args(0, "1}"), args(1, "2}"),
        call(2), args(2, "{}"), Finished(reason="tool_calls"), Ended(),
    )  # fmt: skip
    assert found == {"id0": '{"a":1}', "id1": '{"b":2}', "id2": "{}"}


def test_a_whole_call_is_closed_when_the_next_begins():
    """G18: calls that come one after another are streamed as they come."""
    assert outline(call(0), args(0, "{}"), call(1))[-2:] == [
        "content_block_stop",
        "content_block_start:tool_use",
    ]


def test_text_between_pieces_of_a_call_comes_after_it():
    """G18: nothing is lost, nothing is cut in two."""
    events = [
        call(0),
        args(0, '{"a":'),
        TextDelta(text="x"),
        args(0, "1}"),
        Finished(reason="tool_calls"),
        Ended(),
    ]
    assert calls_of(*events) == {"id0": '{"a":1}'}
    assert outline(*events)[-5:] == [
        "content_block_start:text", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip


def test_text_after_a_whole_call_is_sent_at_once():
    """G18: nothing waits that need not."""
    assert outline(call(0), args(0, "{}"), TextDelta(text="x"))[-1] == "content_block_delta"


def test_free_text_becomes_the_input_of_a_tool():
    """G18: a custom tool's text is a JSON string, written piece by piece."""
    found = calls_of(call(0, custom=True), args(0, 'a"b'), args(0, "\nc"), call(1), Finished(reason="stop"))
    assert json.loads(found["id0"]) == {"input": 'a"b\nc'}


def test_pieces_of_a_call_that_never_began_are_ignored():
    """G18: there is no block to put them in."""
    assert written(args(7, "{}")) == []


PIECES = st.one_of(
    st.builds(TextDelta, text=st.text(min_size=1)),
    st.builds(ReasoningDelta, text=st.text(min_size=1)),
    st.builds(ReasoningDelta, text=st.text(), signature=st.just("sig")),
)


@given(st.lists(st.one_of(PIECES, st.tuples(st.integers(0, 3), st.integers(1, 5)))))
def test_any_order_of_events_makes_a_valid_stream(script):
    """G18: whatever a provider interleaves, blocks are well nested and nothing is lost."""
    events, said = [STARTED], {}
    for step in script:
        if not isinstance(step, tuple):
            events.append(step)
            continue
        index, size = step
        if index not in said:
            said[index] = ""
            events.append(call(index))
        said[index] += "x" * size
        events.append(args(index, "x" * size))
    events += [Finished(reason="stop"), Ended()]
    depth = 0
    for event in written(*events):
        depth += {"content_block_start": 1, "content_block_stop": -1}.get(event["type"], 0)
        assert depth in (0, 1)
        assert event["type"] != "content_block_delta" or depth == 1
    assert depth == 0
    assert calls_of(*events) == {f"id{index}": text for index, text in said.items()}
    reader = Reader()
    again = [event for frame in frames(*events) for event in reader.read(frame)]
    for kind in (TextDelta, ReasoningDelta):
        before = "".join(event.text for event in events if isinstance(event, kind))
        assert "".join(event.text for event in again if isinstance(event, kind)) == before

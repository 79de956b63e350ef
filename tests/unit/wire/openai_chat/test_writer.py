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
from penstock.wire.openai_chat.reader import Reader
from penstock.wire.openai_chat.writer import Writer

COUNTED = UsageSeen(usage=Usage(input_uncached=3, output_text=1))
STARTED = Started(id="c1", model="m")


def asked(wants_usage=True, body=b'{"model":"asked"}'):
    return ChatRequest(
        dialect=Dialect.OPENAI_CHAT, body=body, model="asked", stream=True, wants_usage=wants_usage
    )


def chunks(*events, request=None):
    writer = Writer(request or asked())
    frames = sse.Splitter().feed(b"".join(writer.write(event) for event in events))
    data = [sse.data_of(frame)[1] for frame in frames]
    return [each.decode() if each == b"[DONE]" else json.loads(each) for each in data]


def deltas(*events, request=None):
    return [chunk["choices"][0]["delta"] for chunk in chunks(*events, request=request)]


def test_the_role_comes_first_and_the_end_last():
    """G18: role, content, finish, usage, [DONE]."""
    found = chunks(STARTED, TextDelta(text="hi"), Finished(reason="stop"), COUNTED, Ended())
    assert [chunk["choices"][0]["delta"] for chunk in found[:3]] == [
        {"role": "assistant", "content": ""},
        {"content": "hi"},
        {},
    ]
    assert {(chunk["id"], chunk["model"], chunk["object"]) for chunk in found[:4]} == {
        ("c1", "m", "chat.completion.chunk")
    }
    assert found[2]["choices"][0]["finish_reason"] == "stop"
    assert (found[3]["choices"], found[3]["usage"]["total_tokens"]) == ([], 4)
    assert found[4] == "[DONE]"


def test_usage_goes_to_those_who_asked():
    """G2: a client that did not ask sees no trace of it."""
    found = chunks(
        STARTED, TextDelta(text="a"), Finished(reason="stop"), COUNTED, Ended(), request=asked(False)
    )
    assert not any("usage" in chunk for chunk in found[:-1])
    assert chunks(STARTED, Finished(reason="stop"), Ended())[-2:][0]["usage"] is None


def test_nothing_is_sent_before_content():
    """G4: a target that fails before its first content leaves no trace."""
    assert chunks(STARTED, COUNTED, OtherContent(kind="image")) == []


def test_an_end_without_a_finish_is_no_end():
    """G3: what was cut is never ended cleanly."""
    assert chunks(STARTED, TextDelta(text="a"), Ended())[-1]["choices"][0]["delta"] == {"content": "a"}


def test_an_answer_without_an_id_gets_one():
    """G18: clients expect an id."""
    assert chunks(TextDelta(text="a"))[0]["id"].startswith("chatcmpl-")


def test_refusals_have_their_own_field():
    """G18: and without a word, OpenAI's nearest reason is its filter."""
    assert deltas(RefusalDelta(text="no"))[1] == {"refusal": "no"}
    with_words = chunks(RefusalDelta(text="no"), Finished(reason="refusal"))
    without = chunks(TextDelta(text="a"), Finished(reason="refusal"))
    assert with_words[-1]["choices"][0]["finish_reason"] == "stop"
    assert without[-1]["choices"][0]["finish_reason"] == "content_filter"


def test_reasoning_is_text_and_sealed_details():
    """G18: the one for people, the other to be handed back."""
    assert deltas(ReasoningDelta(text="hm"), ReasoningDelta(signature="s", encrypted="e", id="i"))[1:] == [
        {"reasoning_content": "hm"},
        {
            "reasoning_details": [
                {"type": "reasoning.text", "signature": "s"},
                {"type": "reasoning.encrypted", "data": "e", "id": "i"},
            ]
        },
    ]


def test_calls_have_a_head_and_pieces():
    """G18: id and name once, arguments in pieces."""
    found = deltas(ToolCallStarted(index=0, id="a", name="f"), ToolCallDelta(index=0, arguments="{}"))
    assert found[1:] == [
        {
            "tool_calls": [
                {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
    ]


def test_a_function_for_a_declared_custom_tool_is_unwrapped_at_the_end():
    """G18: the client gets the free text that it declared."""
    request = asked(body=b'{"tools":[{"type":"custom","custom":{"name":"c"}}]}')
    found = deltas(
        ToolCallStarted(index=0, id="a", name="c"),
        ToolCallDelta(index=0, arguments='{"input":'),
        ToolCallDelta(index=0, arguments='"text"}'),
        Finished(reason="tool_calls"),
        request=request,
    )
    assert found[1]["tool_calls"][0]["custom"] == {"name": "c", "input": ""}
    assert found[2] == {"tool_calls": [{"index": 0, "custom": {"input": "text"}}]}


def test_a_custom_tools_text_is_streamed():
    """G18: where the provider knows custom tools, nothing is held back."""
    found = deltas(
        ToolCallStarted(index=0, id="a", name="c", custom=True), ToolCallDelta(index=0, arguments="x")
    )
    assert found[2] == {"tool_calls": [{"index": 0, "custom": {"input": "x"}}]}


PIECES = st.one_of(
    st.builds(TextDelta, text=st.text(min_size=1)),
    st.builds(ReasoningDelta, text=st.text(min_size=1)),
    st.builds(RefusalDelta, text=st.text(min_size=1)),
)


@given(st.lists(PIECES, min_size=1))
def test_what_is_written_is_what_is_read(pieces):
    """G18: writer and reader are each other's inverse."""
    writer, reader = Writer(asked()), Reader()
    reason = "refusal" if any(isinstance(piece, RefusalDelta) for piece in pieces) else "stop"
    events = [STARTED, *pieces, Finished(reason=reason), COUNTED, Ended()]
    frames = sse.Splitter().feed(b"".join(map(writer.write, events)))
    assert [event for frame in frames for event in reader.read(frame)] == events

"""Going on after a stream has died."""

import pytest

from penstock import failures
from penstock.domain.chat import (
    Conversation,
    Event,
    Finished,
    Message,
    ReasoningDelta,
    Started,
    Text,
    TextDelta,
    ToolCallStarted,
)
from penstock.gateway.recovery import Continuation, Said, with_prefill


def words(*texts: str) -> list[Event]:
    return [TextDelta(text=text) for text in texts]


def test_said_is_the_text() -> None:
    """What was sent is remembered word for word."""
    said = Said()
    said.hear([Started(id="1", model="m"), *words("Hel", "lo")])
    assert said.text == "Hello"
    assert said.is_plain


def test_a_begun_tool_call_is_not_plain() -> None:
    """G5: a half-sent tool call cannot be gone on with."""
    said = Said()
    said.hear([ToolCallStarted(index=0, id="1", name="f")])
    assert not said.is_plain


def test_a_prefill_is_the_assistants_last_message() -> None:
    """G5: the prefill ends without white space, which providers refuse."""
    asked = Conversation(messages=(Message(role="user", parts=(Text(text="Hi"),)),))
    assert with_prefill(asked, "Hello ").messages[-1] == Message(
        role="assistant", parts=(Text(text="Hello"),)
    )


def test_a_restart_joins_where_it_agrees() -> None:
    """G5, S08: of a new answer only what is new goes out."""
    joint = Continuation("one two", prefilled=False)
    assert joint.take([Started(id="2", model="m"), *words("one ", "tw")]) == [Started(id="2", model="m")]
    assert joint.take(words("o three")) == words(" three")
    assert joint.joined
    assert joint.take(words(" four")) == words(" four")


def test_a_restart_may_join_exactly() -> None:
    """A new answer that reaches the break at the end of an event goes on with the next."""
    joint = Continuation("one", prefilled=False)
    assert joint.take(words("one", " two")) == words(" two")


def test_a_restart_that_differs_is_refused() -> None:
    """G5: text that contradicts what was sent is never sent."""
    joint = Continuation("one two", prefilled=False)
    with pytest.raises(failures.Diverged):
        joint.take(words("one three"))


def test_a_restart_that_ends_early_is_refused() -> None:
    """G5: an answer that ends before the break is another answer."""
    joint = Continuation("one two", prefilled=False)
    with pytest.raises(failures.Diverged):
        joint.take([*words("one"), Finished(reason="stop")])


def test_a_restart_that_ends_at_the_break_is_complete() -> None:
    """What was sent may have been the whole answer."""
    joint = Continuation("one", prefilled=False)
    assert joint.take([*words("one"), Finished(reason="stop")]) == [Finished(reason="stop")]


def test_a_prefilled_answer_is_all_new() -> None:
    """G5: a model that goes on from the prefill writes only the rest."""
    joint = Continuation("one two ", prefilled=True)
    assert joint.take(words(" three")) == words("three")
    assert joint.joined


def test_a_prefilled_answer_that_starts_over_is_noticed() -> None:
    """A target that ignores the prefill repeats what was said; it is not said twice."""
    joint = Continuation("one two", prefilled=True)
    assert joint.take(words("one", " two", " three")) == words(" three")


def test_a_prefilled_answer_may_end_at_once() -> None:
    """There may be nothing left to say."""
    joint = Continuation("one two", prefilled=True)
    assert joint.take([Finished(reason="stop")]) == [Finished(reason="stop")]


def test_a_short_rest_that_looks_like_the_beginning_is_sent() -> None:
    """A rest that happens to begin like the answer did is not lost when it ends."""
    joint = Continuation("one two", prefilled=True)
    assert joint.take([*words("on"), Finished(reason="stop")]) == [*words("on"), Finished(reason="stop")]


def test_new_reasoning_is_not_sent_before_the_join() -> None:
    """The client has seen reasoning already, or none; a second one would confuse it."""
    joint = Continuation("one", prefilled=False)
    assert joint.take([ReasoningDelta(text="hm")]) == []


def test_with_nothing_said_all_is_new() -> None:
    """A stream that died before any text restarts whole."""
    assert Continuation("", prefilled=False).take(words("one")) == words("one")

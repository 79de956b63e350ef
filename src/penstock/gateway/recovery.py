"""Going on after a stream has died in the middle (G5): what was said, and where the new answer joins it."""

from collections.abc import Iterable

import msgspec

from penstock import failures
from penstock.domain.chat import (
    Conversation,
    Event,
    Finished,
    Message,
    OtherContent,
    ReasoningDelta,
    RefusalDelta,
    Text,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
)


class Said:
    """What a client has been sent of an answer so far."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self.is_plain = True
        """Only text so far; a half-sent tool call cannot be gone on with."""

    def hear(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, TextDelta):
                self._text.append(event.text)
            elif isinstance(event, ToolCallStarted | ToolCallDelta | OtherContent | RefusalDelta):
                self.is_plain = False

    @property
    def text(self) -> str:
        return "".join(self._text)


def with_prefill(conversation: Conversation, said: str) -> Conversation:
    """Ask for the rest: the assistant's own last message is what it already said."""
    # Providers that take a prefill refuse one that ends in white space.
    begun = Message(role="assistant", parts=(Text(text=said.rstrip()),))
    return msgspec.structs.replace(conversation, messages=(*conversation.messages, begun))


class Continuation:
    """Lets through only what is new of a second answer.

    A restarted answer is new from where it agrees with all that was said. A prefilled one is new
    from its first word, unless the model chose to start over, which is then noticed.
    """

    def __init__(self, said: str, *, prefilled: bool) -> None:
        self._said = said
        self._prefilled = prefilled
        self._heard = ""
        self.joined = not said
        """The new answer has reached the place where the old one broke off."""

    def take(self, events: Iterable[Event]) -> list[Event]:
        """Return the events that go on. Raises Diverged when the answers differ."""
        new: list[Event] = []
        for event in events:
            new += self._one(event)
        return new

    def _one(self, event: Event) -> list[Event]:
        if self.joined:
            return [event]
        if isinstance(event, TextDelta):
            return self._compare(event.text)
        if isinstance(event, ReasoningDelta):
            return []
        if isinstance(event, ToolCallStarted | Finished):
            return [*self._conclude(), event]
        return [event]

    def _compare(self, text: str) -> list[Event]:
        self._heard += text
        if self._said.startswith(self._heard):
            return []
        if self._heard.startswith(self._said):
            self.joined = True
            return self._text(self._heard[len(self._said) :])
        return self._differs()

    def _differs(self) -> list[Event]:
        if not self._prefilled:
            raise failures.Diverged(
                "The stream broke off, and the new answer does not agree with what was sent."
            )
        self.joined = True
        # The prefill went out without its trailing white space; the model may write it again.
        tail = self._said[len(self._said.rstrip()) :]
        return self._text(self._heard.removeprefix(tail))

    def _conclude(self) -> list[Event]:
        """The new answer ends, or calls a tool, while still within what was said."""
        if self._heard == self._said or (self._prefilled and not self._heard):
            self.joined = True
            return []
        return self._differs()

    @staticmethod
    def _text(text: str) -> list[Event]:
        return [TextDelta(text=text)] if text else []

"""From a provider's frames to the client's: as they came, or translated."""

from typing import Final, Protocol

from penstock.domain.chat import ChatRequest, Dialect, Ended, Event, Started, UsageSeen
from penstock.domain.usage import Usage
from penstock.gateway.upstream import Frame
from penstock.wire import dialects

LAST_FRAMES: Final = {
    Dialect.OPENAI_CHAT: b"data: [DONE]\n\n",
    Dialect.OPENAI_COMPLETIONS: b"data: [DONE]\n\n",
    Dialect.ANTHROPIC_MESSAGES: b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
}
"""Sent for a provider that forgot it (S11)."""


class Outlet(Protocol):
    """Turns frames into a client's bytes."""

    def put(self, frames: list[Frame]) -> bytes:
        """Bytes to send for these frames; b"" for none."""
        ...

    def end(self, usage: Usage | None) -> bytes:
        """What the answer still lacks; `usage` is ours if the provider gave none."""
        ...


class Unchanged:
    """Client and provider speak the same dialect: frames go out as received (G1)."""

    def __init__(self, request: ChatRequest) -> None:
        self._dialect = request.dialect
        self._hides_usage = not request.wants_usage
        self._ended = False

    def put(self, frames: list[Frame]) -> bytes:
        if any(isinstance(event, Ended) for frame in frames for event in frame.events):
            self._ended = True
        if self._hides_usage:
            return b"".join(frame.raw for frame in frames if not frame.extra)
        return b"".join(frame.raw for frame in frames)

    def end(self, usage: Usage | None) -> bytes:  # noqa: ARG002  # the same socket as Translated
        return b"" if self._ended else LAST_FRAMES.get(self._dialect, b"")


class Translated:
    """The provider's events are written in the client's dialect; goes on over several attempts."""

    def __init__(self, request: ChatRequest) -> None:
        self._writer = dialects.of(request.dialect).writer(request)
        self._started = False
        self._has_usage = False

    def put(self, frames: list[Frame]) -> bytes:
        return b"".join([self.write(event) for frame in frames for event in frame.events])

    def write(self, event: Event) -> bytes:
        """Write one event. The end is written by `end`, and only the first attempt starts."""
        if isinstance(event, Ended) or (isinstance(event, Started) and self._started):
            return b""
        if isinstance(event, UsageSeen):
            self._has_usage = True
        elif isinstance(event, Started):
            self._started = True
        return self._writer.write(event)

    def end(self, usage: Usage | None) -> bytes:
        late = b""
        if usage is not None and not self._has_usage:
            late = self._writer.write(UsageSeen(usage=usage))
        return late + self._writer.write(Ended())

"""A provider's stream: bytes in, frames with their meaning out, under every time limit (G3, G7)."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from penstock import failures
from penstock.domain.chat import CONTENT_EVENTS, Dialect, Ended, Event, Finished, UsageSeen
from penstock.protocols import ByteStream
from penstock.wire import dialects, sse

AFTER_USAGE: Final = 0.25
"""Seconds that a complete answer's `[DONE]`, and the close after it, are waited for (S11)."""
AFTER_FINISH: Final = 2.0
"""Seconds that usage is waited for once the answer has finished."""


class Frame(msgspec.Struct, frozen=True):
    """One frame as received, and what it means. `extra`: only there because we asked for usage."""

    raw: bytes
    events: tuple[Event, ...]
    extra: bool


class Upstream:
    """Reads one stream to its proper end, or raises why there was none."""

    def __init__(
        self,
        chunks: ByteStream,
        dialect: Dialect,
        *,
        idle: float,
        first_content_by: float,
        deadline: float,
        clock: Callable[[], float],
    ) -> None:
        """`idle` in seconds; `first_content_by` and `deadline` on `clock`, the event loop's."""
        self._chunks = chunks
        self._reader = dialects.of(dialect).reader()
        self._splitter = sse.Splitter()
        self._idle = idle
        self._first_content_by = first_content_by
        self._deadline = deadline
        self._clock = clock
        self._failure: failures.UpstreamFailure | None = None
        self._over = False
        self.finished = False
        self.ended = False
        """The dialect's last frame was received; what follows is passed on unread."""
        self.has_usage = False
        self.has_content = False
        self.waited = 0.0
        """Seconds spent waiting for the provider."""

    async def next(self) -> list[Frame]:
        """Return the next frames; [] at the proper end.

        Raises UpstreamFailure: an error event, nonsense, silence, or an end that is none.
        """
        while True:
            if self._failure is not None:
                raise self._failure
            if self._over:
                return []
            chunk = await self._chunk()
            frames = self._read(chunk) if chunk else self._end()
            if frames:
                return frames

    async def aclose(self) -> None:
        """End the upstream call at once."""
        self._over = True
        await self._chunks.aclose()

    async def _chunk(self) -> bytes:
        """The next bytes; b"" when there are no more."""
        began = self._clock()
        try:
            async with asyncio.timeout_at(min(self._patience(began), self._deadline)):
                return await anext(self._chunks)
        except StopAsyncIteration:
            return b""
        except TimeoutError:
            return self._silence()
        except failures.Disconnected:
            if self.finished:
                return b""
            raise failures.Truncated("The provider's stream broke off before its end.") from None
        finally:
            self.waited += self._clock() - began

    def _patience(self, now: float) -> float:
        """The moment at which silence is too long."""
        if self.finished:
            return now + min(self._idle, AFTER_USAGE if self.has_usage or self.ended else AFTER_FINISH)
        # Before the first content its own limit holds: reasoning models think first.
        return now + self._idle if self.has_content else self._first_content_by

    def _silence(self) -> bytes:
        if self.finished:
            return b""
        if self._clock() >= self._deadline:
            raise failures.DeadlineExceeded("The request's time was over before the answer was complete.")
        if not self.has_content:
            raise failures.FirstTokenTimeout("The provider gave no content within the first-token limit.")
        raise failures.IdleTimeout(f"The provider sent nothing for {self._idle:g} s.")

    def _read(self, chunk: bytes) -> list[Frame]:
        frames: list[Frame] = []
        try:
            for raw in self._splitter.feed(chunk):
                frames.append(self._frame(raw))  # noqa: PERF401  # a fault must not lose those before it
        except failures.UpstreamFailure as failure:
            # What came before the fault is good and goes first.
            self._failure = failure
        return frames

    def _frame(self, raw: bytes) -> Frame:
        if self.ended:
            return Frame(raw, (), extra=False)  # passes on, and means nothing any more
        events = self._reader.read(raw)
        for event in events:
            if isinstance(event, CONTENT_EVENTS):
                self.has_content = True
            elif isinstance(event, Finished):
                self.finished = True
            elif isinstance(event, UsageSeen):
                self.has_usage = True
            elif isinstance(event, Ended):
                self.ended = True
        return Frame(raw, events, self._reader.extra)

    def _end(self) -> list[Frame]:
        """The bytes are over: a complete answer without its last frame is complete (G3)."""
        if not self.finished:
            self._failure = failures.Truncated("The provider's stream ended before the answer did.")
        self._over = True
        return []

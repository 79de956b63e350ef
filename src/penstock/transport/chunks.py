"""The body of one answer, as it arrives."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from penstock import failures
from penstock.transport.causes import failure_of

NEVER: Final = float("inf")
BROKEN: Final = (aiohttp.ClientError, HttpProcessingError, OSError)


class Chunks:
    """A body under its time limits; whoever holds it closes it.

    Silence is limited by `idle` seconds, but not before `first_due` has passed: until then the
    provider may still be thinking. `first_due` and `deadline` are on the event loop's clock.
    """

    __slots__ = (
        "_chunk_seen",
        "_content",
        "_deadline",
        "_due",
        "_failure",
        "_first_due",
        "_host",
        "_idle",
        "_loop",
        "_response",
        "_timer",
    )

    def __init__(
        self, response: aiohttp.ClientResponse, host: str, *, first_due: float, idle: float, deadline: float
    ) -> None:
        self._response = response
        self._content = response.content
        self._host = host
        self._first_due = first_due
        self._idle = idle
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._due = NEVER
        self._chunk_seen = False
        self._failure: failures.Failure | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes, never empty.

        Raises FirstTokenTimeout, IdleTimeout, DeadlineExceeded or, when the connection breaks before
        the body is complete, Disconnected.
        """
        self._watch()
        try:
            chunk = await self._content.readany()
        except failures.Failure:
            raise
        except BROKEN as error:
            self._unwatch()
            cut(self._response)
            raise failure_of(error, self._host) from error
        self._due = NEVER
        if chunk:
            self._chunk_seen = True
            return chunk
        self._unwatch()
        raise StopAsyncIteration

    async def whole(self, most: int) -> bytes:
        """Read the rest and close. Raises as __anext__ does, and InvalidAnswer above `most` bytes."""
        pieces: list[bytes] = []
        size = 0
        try:
            async for chunk in self:
                size += len(chunk)
                if size > most:
                    raise failures.InvalidAnswer(f"{self._host} answered with more than {most} bytes.")
                pieces.append(chunk)
        finally:
            await self.aclose()
        return joined(pieces)

    async def beginning(self, most: int) -> bytes:
        """Read at most `most` bytes and close; whatever stops it, what has come so far is returned."""
        pieces: list[bytes] = []
        size = 0
        try:
            async for chunk in self:
                pieces.append(chunk)
                size += len(chunk)
                if size >= most:
                    break
        except failures.Failure:
            pass  # The status has told what matters; the body only explains it.
        finally:
            await self.aclose()
        return joined(pieces)[:most]

    async def aclose(self) -> None:
        """End the call at once: a connection with bytes still to come is cut, not drained."""
        self._unwatch()
        cut(self._response)

    def _watch(self) -> None:
        now = self._loop.time()
        self._due = max(now + self._idle, self._first_due)
        if self._timer is None and self._failure is None:
            self._arm(now)

    def _arm(self, now: float) -> None:
        """One timer serves the whole stream: chunks move `_due`, it looks again when it fires."""
        wait = min(self._due, self._deadline, now + self._idle) - now
        self._timer = self._loop.call_later(max(wait, 0.0), self._look)

    def _unwatch(self) -> None:
        self._due = NEVER
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self._loop.time()
        self._timer = None
        if now < self._due and now < self._deadline:
            self._arm(now)
            return
        self._failure = self._too_late(now)
        self._content.set_exception(self._failure)
        cut(self._response)

    def _too_late(self, now: float) -> failures.Failure:
        if now >= self._deadline:
            return failures.DeadlineExceeded("The request's time was over before the answer was complete.")
        if self._chunk_seen:
            return failures.IdleTimeout(f"{self._host} sent nothing for {self._idle:g} s.")
        return failures.FirstTokenTimeout(f"{self._host} sent nothing of its answer in time.")


def joined(pieces: Iterable[bytes]) -> bytes:
    """Join without copying the usual single piece."""
    match list(pieces):
        case [only]:
            return only
        case several:
            return b"".join(several)


def cut(response: aiohttp.ClientResponse) -> None:
    """Drop the connection if it still carries this answer; a finished one is long back in the pool."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()

"""A play performed in process: as a provider's answer, under the same limits as a real one (G7)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Answer, Call
from penstock.stage.play import Play
from penstock.wire import dialects

Sleep = Callable[[float], Awaitable[object]]
Clock = Callable[[], float]
FOREVER: Final = float("inf")
BROKEN: Final = "The connection was closed before the answer was complete."


async def perform(play: Play, call: Call, clock: Clock, sleep: Sleep = asyncio.sleep) -> Answer:
    """Play it to this call.

    Raises what a real provider's transport would: FirstTokenTimeout, Disconnected, IdleTimeout,
    DeadlineExceeded, or the meaning of a status other than 2xx. `clock` is the one of the deadline.
    """
    first_due = clock() + call.first_token
    performed = Performance(play, call, first_due, clock, sleep)
    await performed.pause(play.wait if play.status or play.ending != "silence" else FOREVER)
    if not play.status:
        raise failures.Disconnected(BROKEN)
    headers = dict(play.headers)
    if not 200 <= play.status < 300:
        raise dialects.of(call.dialect).classify(play.status, headers, play.body)
    if play.content_type.startswith("text/html") or call.stream != play.content_type.startswith(
        "text/event-stream"
    ):
        raise misfit(play, call.dialect)
    if call.stream:
        return Answer(headers=headers, content_type=play.content_type, chunks=performed)
    body = b"".join([piece async for piece in performed])
    return Answer(headers=headers, content_type=play.content_type, body=body)


def misfit(play: Play, dialect: Dialect) -> failures.UpstreamFailure:
    """A 200 that is not what was asked for."""
    failure: failures.UpstreamFailure = failures.InvalidAnswer("The answer is not of the kind asked for.")
    if play.content_type == "application/json":
        try:
            dialects.of(dialect).read_reply(play.body)
        except failures.UpstreamFailure as told:
            failure = told
    failure.upstream = failures.Upstream(
        status=play.status, body=play.body[:500], content_type=play.content_type, dialect=dialect
    )
    return failure


class Performance:
    """The body of a play, piece by piece; a `ByteStream`."""

    def __init__(self, play: Play, call: Call, first_due: float, clock: Clock, sleep: Sleep) -> None:
        self._pieces = iter(play.pieces)
        self._ending = play.ending
        self._call = call
        self._first_due = first_due
        self._clock = clock
        self._sleep = sleep
        self._begun = False
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.closed:
            raise StopAsyncIteration
        piece = next(self._pieces, None)
        if piece is None:
            return await self._end()
        if piece.wait:
            await self.pause(piece.wait)
        self._begun = True
        return piece.data

    async def aclose(self) -> None:
        self.closed = True

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than the call's limits allow."""
        if not seconds:
            return
        now = self._clock()
        silence = max(self._call.idle, self._first_due - now) if self._begun else self._first_due - now
        limit = min(silence, self._call.deadline - now)
        if seconds <= limit:
            await self._sleep(seconds)
            return
        await self._sleep(max(0.0, limit))
        if self._call.deadline - now <= silence:
            raise failures.DeadlineExceeded("The request's time was over before the answer was complete.")
        if self._begun:
            raise failures.IdleTimeout(f"Nothing was sent for {self._call.idle:g} s.")
        raise failures.FirstTokenTimeout(f"Nothing was answered within {self._call.first_token:g} s.")

    async def _end(self) -> bytes:
        if self._ending == "silence":
            await self.pause(FOREVER)
        if self._ending != "complete":
            raise failures.Disconnected(BROKEN)
        raise StopAsyncIteration

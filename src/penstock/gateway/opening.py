"""One attempt at a stream, up to the point where it may be committed (G4, G5)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from penstock import failures
from penstock.gateway.metered import Metered
from penstock.gateway.recovery import Continuation
from penstock.gateway.router import send
from penstock.gateway.run import Run
from penstock.gateway.upstream import Frame, Upstream
from penstock.protocols import Answer, Call


class Opened:
    """A stream that has committed: its first content, or its whole answer, is at hand."""

    def __init__(self, attempt: Metered, upstream: Upstream, frames: list[Frame], answer: Answer) -> None:
        self.attempt = attempt
        self.dialect = attempt.dialect
        self.upstream = upstream
        self.frames = frames
        """Received and not sent yet."""
        self.headers: Mapping[str, str] = answer.headers


class Opening:
    """The acts that `Router.answered` plays on each attempt of a streamed request."""

    def __init__(self, run: Run, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock

    async def first_content(self, attempt: Metered, call: Call) -> Opened:
        """Failover is free until the first content (G4)."""
        opened = await self._open(attempt, call)
        return await self._closing(opened, self._until_content(opened))

    async def everything(self, attempt: Metered, call: Call) -> Opened:
        """The whole answer is held back (`recovery: whole`)."""
        opened = await self.first_content(attempt, call)
        return await self._closing(opened, self._until_end(opened))

    async def agreement(self, attempt: Metered, call: Call) -> Opened:
        """The new answer has reached the place where the old one broke off (`recovery: resume`)."""
        opened = await self.first_content(attempt, call)
        return await self._closing(opened, self._until_joined(opened))

    async def _open(self, attempt: Metered, call: Call) -> Opened:
        try:
            async with asyncio.timeout(call.first_token):
                answer = await send(attempt, call)
        except TimeoutError:
            raise self._silent(call) from None
        finally:
            self._run.pulled += self._clock() - attempt.started
        if answer.chunks is None:
            raise failures.InvalidAnswer("The provider answered a stream's request without a stream.")
        upstream = Upstream(
            answer.chunks,
            call.dialect,
            idle=call.idle,
            first_content_by=attempt.started + call.first_token,
            deadline=call.deadline,
            clock=self._clock,
        )
        return Opened(attempt, upstream, [], answer)

    @staticmethod
    def _silent(call: Call) -> failures.UpstreamFailure:
        return failures.FirstTokenTimeout(f"The provider gave no content within {call.first_token:g} s.")

    async def _closing(self, opened: Opened, reading: Awaitable[None]) -> Opened:
        """Read on; a stream that is not committed to is closed at once."""
        waited = opened.upstream.waited
        try:
            await reading
        except BaseException:
            await opened.upstream.aclose()
            raise
        finally:
            self._run.pulled += opened.upstream.waited - waited
        return opened

    async def _until_content(self, opened: Opened) -> None:
        upstream = opened.upstream
        while not (upstream.has_content or upstream.finished):
            frames = await upstream.next()
            opened.attempt.hear(frames)
            opened.frames += frames
        await opened.attempt.hold.durable

    async def _until_end(self, opened: Opened) -> None:
        while frames := await opened.upstream.next():
            opened.attempt.hear(frames)
            opened.frames += frames

    async def _until_joined(self, opened: Opened) -> None:
        joint = Continuation(self._run.said, prefilled=self._run.prefilled)
        frames, opened.frames = opened.frames, []
        while True:
            opened.frames += [
                msgspec.structs.replace(frame, events=tuple(joint.take(frame.events))) for frame in frames
            ]
            if joint.joined:
                return
            # An end of the new answer joins, or raises: there are frames until then.
            frames = await opened.upstream.next()
            opened.attempt.hear(frames)

"""The client's stream: opened, kept alive, relayed, recovered, and settled, however it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from penstock import failures
from penstock.gateway import retry
from penstock.gateway.opening import Opened, Opening
from penstock.gateway.outlet import Outlet, Translated, Unchanged
from penstock.gateway.recovery import Said
from penstock.gateway.router import Router
from penstock.gateway.run import Run
from penstock.protocols import Spawn
from penstock.wire import dialects, sse


class Relay:
    """A `domain.exchange.Streaming`; the door reads it and closes it."""

    def __init__(
        self,
        run: Run,
        router: Router,
        *,
        finish: Callable[[Run, failures.Failure | None], None],
        describe: Callable[[Run, Mapping[str, str]], Mapping[str, str]],
        spawn: Spawn,
        clock: Callable[[], float],
        keepalive: float,
        keep: bool = False,
    ) -> None:
        """`finish` ends the run's record, `describe` makes the reply's headers.

        `keepalive` is the seconds of waiting after which headers, and then comments, go out;
        `keep` remembers the bytes sent, for records that store content.
        """
        self.headers: Mapping[str, str] = {}
        self._run = run
        self._router = router
        self._finish = finish
        self._describe = describe
        self._spawn = spawn
        self._clock = clock
        self._keepalive = keepalive
        self._sent: list[bytes] | None = [] if keep else None
        self._acts = Opening(run, clock)
        self._opening: asyncio.Task[Opened] | None = None
        self._opened: Opened | None = None
        self._outlet: Outlet | None = None
        self._said = Said() if run.recovery == "resume" else None
        self._over = False

    async def open(self, *, before_dispatch: bool = False) -> None:
        """Wait for the first content, or until it is time to send headers without it.

        Raises the Failure of a request that no target answered, while nothing was sent.
        """
        act = self._acts.everything if self._run.recovery == "whole" else self._acts.first_content
        self._opening = self._spawn(self._router.answered(self._run, act, before_dispatch=before_dispatch))
        try:
            await self._is_open(self._opening)
        except asyncio.CancelledError:
            await self.aclose()
            raise
        self.headers = self._describe(self._run, self._opened.headers if self._opened else {})

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._over:
            out = await self._step()
            if out:
                if self._sent is not None:
                    self._sent.append(out)
                return out
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End everything at once and book what was used. The work is the app's, not the caller's (G9)."""
        if self._over:
            return
        self._over = True
        if self._opening is not None:
            self._opening.cancel()
        await asyncio.shield(self._spawn(self._leave()))

    async def _leave(self) -> None:
        if self._opening is not None:
            await asyncio.wait([self._opening])
        opened = self._opened
        complete = opened is not None and opened.upstream.finished
        gone = None if complete else failures.ClientGone("The client closed the connection.")
        if opened is not None:
            await opened.upstream.aclose()
        if self._run.current is not None:
            await self._run.current.end(gone)
        self._close(gone)

    def _close(self, failure: failures.Failure | None) -> None:
        self._over = True
        if self._sent is not None:
            self._run.answer = b"".join(self._sent)
        self._finish(self._run, failure)

    async def _step(self) -> bytes:
        """The next bytes; b"" when there are none yet."""
        try:
            if self._opening is not None and not await self._is_open(self._opening):
                return sse.KEEPALIVE
            return await self._pull()
        except failures.Failure as failure:
            return await self._broken(failure)

    async def _is_open(self, opening: asyncio.Task[Opened]) -> bool:
        """Whether the attempt under way has committed; waits for it as long as a keep-alive allows."""
        await asyncio.wait([opening], timeout=self._keepalive)
        if not opening.done():
            return False
        self._opening = None
        self._opened = opening.result()
        self._outlet = self._outlet or self._new_outlet(self._opened)
        return True

    def _new_outlet(self, opened: Opened) -> Outlet:
        request = self._run.ask.request
        if opened.dialect is request.dialect and self._said is None:
            return Unchanged(request)
        return Translated(request)

    async def _pull(self) -> bytes:
        opened, outlet = self._opened, self._outlet
        assert opened is not None  # noqa: S101  # _is_open said so
        assert outlet is not None  # noqa: S101 - for the type checker
        frames, opened.frames = opened.frames, []
        if not frames:
            waited = opened.upstream.waited
            try:
                frames = await opened.upstream.next()
            finally:
                self._run.pulled += opened.upstream.waited - waited
            opened.attempt.hear(frames)
        if self._said is not None:
            for frame in frames:
                self._said.hear(frame.events)
        return outlet.put(frames) if frames else await self._end(opened, outlet)

    async def _end(self, opened: Opened, outlet: Outlet) -> bytes:
        """The answer is complete: settle it, then let its last bytes go."""
        await opened.attempt.end()
        await opened.upstream.aclose()
        last = outlet.end(self._run.usage)
        if self._sent is not None:
            self._sent.append(last)
        self._close(None)
        return last

    async def _broken(self, failure: failures.Failure) -> bytes:
        """A stream died. Go on elsewhere if that was asked for, else say so in the stream (G3, G5)."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await self._abandon(opened, failure)
            if self._may_resume(failure):
                self._resume(failure)
                return b""
        self._close(failure)
        request = self._run.ask.request
        return dialects.of(request.dialect).write_failure_frame(failure, self._run.ask.id)

    async def _abandon(self, opened: Opened, failure: failures.Failure) -> None:
        await opened.upstream.aclose()
        await opened.attempt.end(failure)
        if isinstance(failure, retry.COUNTS_AGAINST_TARGET):
            opened.attempt.lane.circuit.enter()
            opened.attempt.lane.circuit.failed()

    def _may_resume(self, failure: failures.Failure) -> bool:
        return (
            self._said is not None and self._said.is_plain and isinstance(failure, failures.UpstreamFailure)
        )

    def _resume(self, failure: failures.Failure) -> None:
        assert self._said is not None  # noqa: S101  # _may_resume said so
        run = self._run
        run.said = self._said.text
        run.first_failure = failure
        self._router.turn_away(run)
        self._opening = self._spawn(self._router.answered(run, self._acts.agreement))

"""The hot room's front: one request, from admission to the last byte."""

import asyncio
import random
from collections.abc import Callable, Mapping

from penstock import failures
from penstock.config.tree import Model
from penstock.domain.exchange import Ask, Streaming, Whole
from penstock.domain.money import usd
from penstock.gateway.admission import Admission
from penstock.gateway.lanes import in_order
from penstock.gateway.models import Models, check_can
from penstock.gateway.router import Router
from penstock.gateway.run import Run
from penstock.gateway.stored import Stored
from penstock.gateway.stream import Relay
from penstock.gateway.whole import Fetch, Replied, body_for_client
from penstock.protocols import Spawn
from penstock.telemetry.redaction import Recording


class Gateway:
    """Answers requests. One instance per process; all that it needs is handed to it."""

    def __init__(
        self,
        models: Models,
        router: Router,
        stored: Stored,
        recorder: Recording,
        admission: Admission,
        *,
        spawn: Spawn,
        clock: Callable[[], float],
        keepalive: float,
        before_dispatch: bool,
        keep_content: bool,
    ) -> None:
        """`clock` is the event loop's; `keepalive` in seconds."""
        self.models = models
        self.router = router
        self._stored = stored
        self._recorder = recorder
        self._admission = admission
        self._spawn = spawn
        self._clock = clock
        self._keepalive = keepalive
        self._before_dispatch = before_dispatch
        self._keep_content = keep_content

    async def complete(self, ask: Ask) -> Whole | Streaming:
        """Answer one request. Raises a Failure while nothing was sent; cancelling it cancels upstream."""
        run = Run(ask)
        try:
            model = await self.models.find(ask.request.model)
            check_can(model, ask.request)
            run.plan(model, in_order(model, random.uniform))
            await self._stored.continue_from(run)
            await self._admission.admit(run)
            if ask.request.stream:
                return await self._stream(run)
            return await self._whole(run)
        except failures.Failure as failure:
            self._finish(run, failure)
            failure.headers = {**self._admission.headers(run), **failure.headers}
            raise
        except Exception:
            self._admission.settle(run)
            raise

    async def ask_target(self, ask: Ask, model: Model) -> Run:
        """Answer with a model that no client can name; the run says what it cost. Raises a Failure."""
        run = Run(ask)
        run.plan(model, list(model.targets))
        try:
            await self._whole(run)
        except failures.Failure as failure:
            self._finish(run, failure)
            raise
        return run

    async def _stream(self, run: Run) -> Streaming:
        relay = Relay(
            run,
            self.router,
            finish=self._finish,
            describe=self._headers,
            spawn=self._spawn,
            clock=self._clock,
            keepalive=self._keepalive,
            keep=self._keep_content or self._stored.keeps(run),
        )
        await relay.open(before_dispatch=self._before_dispatch)
        return relay

    async def _whole(self, run: Run) -> Whole:
        fetch = Fetch(run, self._clock)
        try:
            replied = await self.router.answered(run, fetch, before_dispatch=self._before_dispatch)
        except asyncio.CancelledError:
            self._spawn(self._abandon(run))
            raise
        return await self._settle(run, replied)

    async def _settle(self, run: Run, replied: Replied) -> Whole:
        await replied.attempt.end()
        body = await body_for_client(run, replied)
        run.answer = body
        headers = dict(self._headers(run, replied.headers))
        if run.cost_nanos is not None:
            headers["x-penstock-cost-usd"] = usd(run.cost_nanos)
        self._finish(run, None)
        return Whole(status=200, headers=headers, body=body)

    async def _abandon(self, run: Run) -> None:
        """The client left while the answer was on its way."""
        gone = failures.ClientGone("The client closed the connection.")
        if run.current is not None:
            await run.current.end(gone)
        self._finish(run, gone)

    def _headers(self, run: Run, upstream: Mapping[str, str]) -> Mapping[str, str]:
        headers = {**upstream, **self._admission.headers(run)}
        if run.current is not None:
            headers["x-penstock-target"] = run.current.lane.target
        headers["x-penstock-attempts"] = str(run.started - 1)
        headers["x-penstock-overhead-ms"] = str(run.overhead_ms(self._clock()))
        if run.dropped:
            headers["x-penstock-dropped"] = ", ".join(run.dropped)
        return headers

    def _finish(self, run: Run, failure: failures.Failure | None) -> None:
        """The one place where a request's record is closed."""
        self._admission.settle(run)
        if failure is not None:
            run.status = failures.status_of(failure)
            run.code = failure.code
            run.message = failure.message
        elif self._stored.keeps(run):
            self._stored.keep(run)
        self._recorder.finish(run.record(self._clock(), with_content=self._keep_content))

"""Targets in order, until one answers: which lane, what after a failure, and how a body is made for it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec

from penstock import failures
from penstock.config.tree import Retries, Target
from penstock.domain.chat import Dialect
from penstock.gateway import retry
from penstock.gateway.lanes import ASIDE_SECONDS, Lane, Lanes
from penstock.gateway.metered import Meter, Metered
from penstock.gateway.recovery import with_prefill
from penstock.gateway.run import Run
from penstock.protocols import Answer, Call
from penstock.wire import dialects
from penstock.wire.codec import Encoded

OFF_LOOP_BYTES: Final = 50_000
"""Larger bodies are edited and translated in a thread (G9)."""
BACK_OFF_SECONDS: Final = 2.0
"""How long a provider that is overloaded, or a lane that said 429 without a time, comes second."""

T = TypeVar("T")
Act = Callable[[Metered, Call], Awaitable[T]]


class Router:
    """Finds a lane for each attempt and decides after each failure. Holds no state of a request."""

    def __init__(
        self,
        lanes: Lanes,
        meter: Meter,
        settings: Retries,
        clock: Callable[[], float],
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`clock` is the event loop's; `uniform(a, b)` draws jitter and weights."""
        self.lanes = lanes
        self._meter = meter
        self._settings = settings
        self._budget = retry.RetryBudget(settings.budget, clock)
        self._clock = clock
        self._uniform = uniform

    async def answered(self, run: Run, act: Act[T], *, before_dispatch: bool = False) -> T:
        """Try lanes until `act` succeeds on one. Raises the first target's failure when none does."""
        self._budget.request()
        while True:
            lane = self._choose(run)
            call = await self._call(run, lane)
            attempt = self._meter.begin(run, lane, call.dialect)
            run.current = attempt
            if before_dispatch:
                await attempt.hold.durable
            lane.circuit.enter()
            try:
                async with asyncio.timeout_at(run.deadline):
                    result = await act(attempt, call)
            except TimeoutError:
                await self._failed(run, attempt, failures.DeadlineExceeded("The request's time is over."))
            except failures.UpstreamFailure as failure:
                await self._failed(run, attempt, failure)
            except failures.Failure as failure:
                lane.circuit.abandoned()
                await attempt.end(failure)
                raise
            except asyncio.CancelledError:
                lane.circuit.abandoned()
                raise
            else:
                lane.answered_at = self._clock()
                lane.circuit.succeeded((attempt.first_token or self._clock()) - attempt.started)
                return result

    def turn_away(self, run: Run) -> None:
        """After a stream died: another target first, the same one only where there is no other."""
        if len(run.targets) > 1 and run.current is not None:
            dead = run.current.lane.target
            run.targets = [t for t in run.targets if f"{t.provider}/{t.model}" != dead]

    # --- which lane ---

    def _choose(self, run: Run) -> Lane:
        """The first of the readiest lanes; one with an open circuit only when nothing else was tried."""
        if run.pinned is not None:
            return run.pinned
        now = self._clock()
        ranked = [
            (lane.rank(now), position, lane)
            for position, target in enumerate(run.targets)
            for lane in self._usable(run, target)
        ]
        ready = [entry for entry in ranked if entry[0] <= 1]
        if not ready and run.attempts and run.first_failure:
            raise run.first_failure
        if not ranked:
            raise run.first_failure or failures.InvalidRequest(
                f"No target of {run.ask.request.model} takes requests of this kind."
            )
        best = min(entry[:2] for entry in ready or ranked)
        run.desperate = best[0] > 1
        lanes = [entry[2] for entry in ranked if entry[:2] == best]
        return lanes[0] if len(lanes) == 1 else self._weighted(lanes)

    def _usable(self, run: Run, target: Target) -> list[Lane]:
        lanes = self.lanes.of(target)
        if lanes[0].source.provider.dialect_for(run.ask.request.dialect) is None:
            return []
        return [lane for lane in lanes if lane not in run.refused]

    def _weighted(self, lanes: list[Lane]) -> Lane:
        drawn = self._uniform(0.0, sum(lane.key.weight for lane in lanes))
        for lane in lanes:
            drawn -= lane.key.weight
            if drawn <= 0:
                return lane
        return lanes[-1]

    # --- what after a failure ---

    async def _failed(self, run: Run, attempt: Metered, failure: failures.Failure) -> None:
        """End the attempt and prepare the next one, or raise when there is to be none."""
        lane = attempt.lane
        self._judge(lane, failure)
        await attempt.end(failure)
        run.tries[lane.target] = run.tries.get(lane.target, 0) + 1
        run.first_failure = run.first_failure or failure
        if run.prefilled and isinstance(failure, failures.Rejected):
            run.no_prefill.add(lane.target)
            run.pinned = lane
            return
        wait = self._wait(run, lane, failure)
        run.pinned = None if wait is None else lane
        if wait is not None:
            await asyncio.sleep(wait)
        elif not self._move_on(run, lane, failure):
            raise self._last_word(run, failure)

    def _wait(self, run: Run, lane: Lane, failure: failures.Failure) -> float | None:
        """Seconds until this lane is tried again; None: it is not."""
        elsewhere = any(
            f"{target.provider}/{target.model}" != lane.target
            and any(other.rank(self._clock()) <= 1 for other in self._usable(run, target))
            for target in run.targets
        )
        if run.desperate or (elsewhere and not lane.circuit.allows()):
            return None
        wait = retry.wait_before_retry(
            failure,
            run.tries[lane.target],
            self._settings,
            elsewhere=elsewhere,
            remaining=run.deadline - self._clock(),
            jitter=self._uniform,
        )
        return wait if wait is not None and self._budget.take() else None

    def _move_on(self, run: Run, lane: Lane, failure: failures.Failure) -> bool:
        """Strike off what must not be tried again; False when the failure is final."""
        step = retry.STEPS.get(type(failure), retry.Step.STOP)
        if step is retry.Step.STOP:
            return False
        if step is retry.Step.OTHER_KEY:
            run.refused.add(lane)
            return bool(run.targets)
        here = next(t for t in run.targets if f"{t.provider}/{t.model}" == lane.target)
        run.targets = [t for t in run.targets if t is not here]
        if step is retry.Step.LARGER:
            window = here.context_window or 0
            run.targets = [t for t in run.targets if (t.context_window or 0) > window]
        return bool(run.targets)

    @staticmethod
    def _last_word(run: Run, failure: failures.Failure) -> failures.Failure:
        """What the caller sees: its own fault if it is one, else what the first target said."""
        final = retry.STEPS.get(type(failure), retry.Step.STOP) is retry.Step.STOP
        return failure if final or run.first_failure is None else run.first_failure

    def _judge(self, lane: Lane, failure: failures.Failure) -> None:
        """Let the failure count where it belongs: against the target, its key, or its pace."""
        if isinstance(failure, retry.COUNTS_AGAINST_TARGET):
            lane.circuit.failed()
        else:
            lane.circuit.abandoned()
        now = self._clock()
        if isinstance(failure, failures.RateLimited):
            lane.paced_until = now + min(failure.retry_after or BACK_OFF_SECONDS, ASIDE_SECONDS)
        elif isinstance(failure, failures.Overloaded):
            lane.source.paced_until = now + min(failure.retry_after or BACK_OFF_SECONDS, ASIDE_SECONDS)
        elif isinstance(failure, failures.KeyRejected | failures.QuotaExhausted):
            lane.aside_until = now + ASIDE_SECONDS

    # --- the body for it ---

    async def _call(self, run: Run, lane: Lane) -> Call:
        request = run.ask.request
        provider = lane.source.provider
        dialect = provider.dialect_for(request.dialect)
        assert dialect is not None  # noqa: S101  # _usable left out those that cannot
        if len(request.body) > OFF_LOOP_BYTES:
            encoded = await asyncio.to_thread(self._body, run, lane, dialect)
        else:
            encoded = self._body(run, lane, dialect)
        if encoded.dropped:
            self._note_dropped(run, lane, encoded.dropped)
        timeouts = run.model.timeouts
        return Call(
            dialect=dialect,
            model=lane.model,
            body=encoded.body,
            stream=request.stream,
            key=lane.key.name,
            headers=run.ask.headers,
            connect=timeouts.connect,
            first_token=timeouts.first_token,
            idle=timeouts.idle,
            deadline=run.deadline,
        )

    def _body(self, run: Run, lane: Lane, dialect: Dialect) -> Encoded:
        request = run.ask.request
        quirks = lane.source.provider.quirks
        codec = dialects.of(request.dialect)
        run.prefilled = self._takes_prefill(run, lane, dialect)
        if dialect is request.dialect and not run.prefilled and run.history is None:
            return codec.address(request, lane.model, quirks)
        if run.conversation is None:
            run.conversation = codec.decode(request.body)
        conversation = run.conversation
        if run.history:
            conversation = msgspec.structs.replace(
                conversation, messages=(*run.history, *conversation.messages)
            )
        if run.prefilled:
            conversation = with_prefill(conversation, run.said)
        encoded = dialects.of(dialect).encode(conversation, lane.model, quirks)
        return Encoded(body=encoded.body, dropped=(*conversation.dropped, *encoded.dropped))

    @staticmethod
    def _takes_prefill(run: Run, lane: Lane, dialect: Dialect) -> bool:
        if not run.said or lane.target in run.no_prefill:
            return False
        target = next((t for t in run.model.targets if f"{t.provider}/{t.model}" == lane.target), None)
        if target is not None and target.prefill is not None:
            return target.prefill
        return dialect is Dialect.ANTHROPIC_MESSAGES

    @staticmethod
    def _note_dropped(run: Run, lane: Lane, dropped: tuple[str, ...]) -> None:
        if run.history is not None:  # it was sent along instead
            dropped = tuple(name for name in dropped if name != "previous_response_id")
        if run.model.strict and dropped:
            names = ", ".join(dropped)
            raise failures.InvalidRequest(f"{lane.target} does not take: {names}.", param=dropped[0])
        run.dropped = tuple(dict.fromkeys((*run.dropped, *dropped)))


async def send(attempt: Metered, call: Call) -> Answer:
    """Send one attempt through its lane's plug-in; what a plug-in should not raise becomes InvalidAnswer."""
    try:
        answer = await attempt.lane.source.provider.send(call)
    except failures.Failure:
        raise
    except Exception as error:  # around a plug-in
        raise failures.InvalidAnswer(f"The provider plug-in failed: {type(error).__name__}.") from error
    attempt.upstream_request_id = answer.headers.get("x-request-id") or answer.headers.get("request-id")
    return answer

"""One attempt at one target, from its hold to exactly one settlement, however it ends."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from penstock import failures
from penstock.domain.chat import (
    CONTENT_EVENTS,
    Dialect,
    Event,
    Finished,
    Reasoning,
    Refusal,
    Reply,
    Started,
    Text,
    ToolCall,
    ToolCallStarted,
    UsageSeen,
)
from penstock.domain.record import AttemptRecord
from penstock.domain.usage import Usage
from penstock.gateway.estimates import Estimates
from penstock.gateway.lanes import Lane
from penstock.gateway.ledger import Hold, Ledger
from penstock.gateway.pricing import Prices
from penstock.gateway.run import Run
from penstock.gateway.upstream import Frame
from penstock.protocols import CountTokens, Spawn
from penstock.wire import dialects
from penstock.wire.texts import texts


class Meter:
    """What attempts are measured with: the ledger, prices, token counts and what models usually write."""

    def __init__(
        self,
        ledger: Ledger,
        prices: Prices,
        estimates: Estimates,
        count_tokens: CountTokens,
        *,
        spawn: Spawn,
        clock: Callable[[], float],
    ) -> None:
        """`clock` is the event loop's, in seconds."""
        self.spawn = spawn
        self.ledger = ledger
        self.prices = prices
        self.estimates = estimates
        self.count_tokens = count_tokens
        self.clock = clock

    def begin(self, run: Run, lane: Lane, dialect: Dialect) -> "Metered":
        """Start an attempt: its hold is on its way to the disk when this returns.

        Raises CostCeiling when the caller's `x-penstock-max-cost-usd` does not cover the estimate.
        """
        estimate, version = self._estimate(run, lane)
        ceiling = run.ask.max_cost_nanos
        if ceiling is not None and (estimate is None or estimate > ceiling):
            raise failures.CostCeiling(
                f"The price of {lane.target} is not known, so x-penstock-max-cost-usd cannot be kept."
                if estimate is None
                else f"The call is estimated at {estimate} nano-dollars, over x-penstock-max-cost-usd."
            )
        if run.ticket is not None:
            run.ticket.check_attempt(run.cost_nanos)
        number = run.started
        run.started += 1
        hold = self.ledger.hold(run.ask, number, lane.source.name, lane.model, estimate, version)
        return Metered(self, run, lane, hold, number, dialect)

    def _estimate(self, run: Run, lane: Lane) -> tuple[int | None, str]:
        request = run.ask.request
        usage = self.estimates.expect(request, lane.model, run.model.max_output_tokens)
        priced = self.prices.price(lane.priced_by, lane.catalog, lane.priced_as, usage, run.ask.arrived_at)
        return priced.nanos, priced.version


class Metered:
    """Hears what an attempt answers, and books it once."""

    __slots__ = (
        "_ending",
        "_meter",
        "_run",
        "dialect",
        "ended",
        "excerpt",
        "finish_reason",
        "first_token",
        "hold",
        "lane",
        "model",
        "number",
        "started",
        "text",
        "upstream_request_id",
        "usage",
    )

    def __init__(self, meter: Meter, run: Run, lane: Lane, hold: Hold, number: int, dialect: Dialect) -> None:
        """`dialect` is the provider's."""
        self.dialect = dialect
        self._meter = meter
        self._run = run
        self.lane = lane
        self.hold = hold
        self.number = number
        self.started = meter.clock()
        self.ended = False
        self._ending: asyncio.Task[None] | None = None
        self.first_token: float | None = None
        self.usage: Usage | None = None
        self.text: list[str] = []
        """What the model wrote so far, for counting where the provider does not."""
        self.model = ""
        self.finish_reason: str | None = None
        self.upstream_request_id: str | None = None
        self.excerpt: str | None = None

    def hear(self, frames: Iterable[Frame]) -> None:
        """Take note of a stream's frames."""
        for event in (event for frame in frames for event in frame.events):
            if isinstance(event, UsageSeen):
                self.usage = event.usage
            elif isinstance(event, Finished):
                self.finish_reason = event.reason
            elif isinstance(event, Started):
                self.model = event.model
            elif isinstance(event, CONTENT_EVENTS):
                if self.first_token is None:
                    self.first_token = self._meter.clock()
                self.text.append(_words(event))

    def hear_reply(self, reply: Reply) -> None:
        """Take note of a complete answer."""
        self.usage = reply.usage
        self.model = reply.model
        self.finish_reason = reply.finish_reason
        self.first_token = self._meter.clock()
        if reply.usage is None:
            self.text = [_part(part) for part in reply.parts]

    async def end(self, failure: failures.Failure | None = None) -> None:
        """Settle or release the hold and write the attempt's record; the second call only waits.

        An answer, or the part of one that was received, is booked with the provider's usage or else
        by count, flagged. A failure before any content cost nothing that is known.
        """
        if self._ending is not None:
            await asyncio.shield(self._ending)
        if self.ended:
            return
        self.ended = True
        finished = self._meter.clock()
        if self._must_count(failure):
            # Counting takes its time, and a cancelled caller must not lose it (G9).
            self._ending = self._meter.spawn(self._count_and_book(failure, finished))
            await asyncio.shield(self._ending)
        else:
            self._book(failure, self.usage, finished)

    def _must_count(self, failure: failures.Failure | None) -> bool:
        if failure is None:
            return self.usage is None
        return bool(self.text) or isinstance(failure, failures.ClientGone)

    async def _count_and_book(self, failure: failures.Failure | None, finished: float) -> None:
        self._book(failure, await self._count(self.usage), finished)

    def _book(self, failure: failures.Failure | None, usage: Usage | None, finished: float) -> None:
        nanos, version = self._price(usage)
        outcome = "ok" if failure is None else failure.code
        if usage is None:
            self._meter.ledger.release(self.hold, outcome)
        else:
            self._meter.ledger.settle(
                self.hold, usage, nanos, estimated=usage.estimated, model_answered=self.model, reason=outcome
            )
        self._remember(failure, usage, nanos, version, finished)

    async def _count(self, said: Usage | None) -> Usage:
        """Count what the provider did not say; `said` is what it did, before it fell silent."""
        request = self._run.ask.request
        written = "".join(self.text)
        if said is None:
            question = await asyncio.to_thread(_question, self._run, request.body)
            said = Usage(input_uncached=await self._tokens(question))
        counted = await self._tokens(written)
        missing = max(0, counted - said.output_tokens)
        return msgspec.structs.replace(said, output_text=said.output_text + missing, estimated=True)

    async def _tokens(self, text: str) -> int:
        if not text:
            return 0
        return (await asyncio.to_thread(self._meter.count_tokens, self.lane.model, text))[0]

    def _price(self, usage: Usage | None) -> tuple[int | None, str]:
        if usage is None:
            return 0, self.hold.row.price_version
        lane = self.lane
        at = self._run.ask.arrived_at
        priced = self._meter.prices.price(lane.priced_by, lane.catalog, lane.priced_as, usage, at)
        return priced.nanos, priced.version

    def _remember(
        self,
        failure: failures.Failure | None,
        usage: Usage | None,
        nanos: int | None,
        version: str,
        finished: float,
    ) -> None:
        run = self._run
        upstream = failure.upstream if failure else None
        run.attempts.append(
            AttemptRecord(
                number=self.number,
                provider=self.lane.source.name,
                model=self.lane.model,
                key=self.lane.key.name,
                started_ms=run.ms(self.started),
                first_token_ms=None if self.first_token is None else run.ms(self.first_token),
                ended_ms=run.ms(finished),
                outcome="ok" if failure is None else failure.code,
                status=upstream.status if upstream else (200 if failure is None else None),
                upstream_request_id=self.upstream_request_id,
                usage=usage,
                cost_nanos=nanos,
                price_version=version,
                excerpt=_excerpt(failure),
            )
        )
        if failure is None or self.text:
            self._answered(usage, version)

    def _answered(self, usage: Usage | None, version: str) -> None:
        run = self._run
        run.usage = usage
        run.price_version = version
        run.target = self.lane.target
        run.answered_model = self.model or self.lane.model
        run.finish_reason = self.finish_reason
        run.first_token = run.first_token or self.first_token
        if usage and not usage.estimated:
            density = usage.input_tokens / max(1, len(run.ask.request.body))
            self._meter.estimates.learn(self.lane.model, usage.output_tokens, density)


def _question(run: Run, body: bytes) -> str:
    """All text of the request, for counting."""
    if run.conversation is None:
        codec = dialects.of(run.ask.request.dialect)
        try:
            run.conversation = codec.decode(body)
        except failures.InvalidRequest:  # embeddings and completions have no conversation
            return body.decode(errors="replace")
    return texts(run.conversation)


def _words(event: Event) -> str:
    """What a model wrote in this event."""
    if isinstance(event, ToolCallStarted):
        return event.name
    return getattr(event, "text", "") or getattr(event, "arguments", "")


def _part(part: object) -> str:
    if isinstance(part, Text | Reasoning | Refusal):
        return part.text
    return part.name + part.arguments if isinstance(part, ToolCall) else ""


def _excerpt(failure: failures.Failure | None) -> str | None:
    """The beginning of an answer that could not be understood (P05); never of one that was."""
    if not isinstance(failure, failures.InvalidAnswer) or failure.upstream is None:
        return None
    return failure.upstream.body[:500].decode(errors="replace") or None

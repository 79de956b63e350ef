"""The gate: one step over all limits and budgets of a request, before it costs anything (G22).

A request is let in with a hold, waits for its turn, goes on with a cheaper model, or is refused with a
true reset time. Whatever comes of it, `settle` ends the hold exactly once.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from penstock import failures
from penstock.config.tree import Model, Target
from penstock.domain.counting import NEVER, SOON, Standing
from penstock.gateway.lanes import Lanes
from penstock.gateway.metered import Meter
from penstock.gateway.models import check_can
from penstock.gateway.quotas import Quotas
from penstock.gateway.run import Run
from penstock.gateway.ticket import Gauge, Plan, Ticket, plan_of, refusal
from penstock.gateway.waiting import Lines, Waiter
from penstock.protocols import CounterStore, Spawn

Find = Callable[[str], Awaitable[Model]]
"""The model of a name. Raises UnknownModel."""
Order = Callable[[Model], list[Target]]
TOUCHED: Final = 10_000
"""Budgets that wait to be looked at; where nobody looks, no more are noted."""
NOTHING: Final[Mapping[str, str]] = {}


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a request will probably take, and what it could take at worst."""

    input_tokens: int
    tokens: int
    expected: int
    """Nano-dollars, as are the next."""
    worst: int


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits until an administrator grants more."""

    request: str
    gauge: Gauge
    since: float
    """Unix seconds, UTC."""


class Admission:
    """Limits and budgets of one process. Without any configured it does nothing."""

    def __init__(
        self,
        quotas: Quotas,
        store: CounterStore,
        meter: Meter,
        lanes: Lanes,
        *,
        find: Find,
        order: Order,
        spawn: Spawn,
        wall: Callable[[], float],
    ) -> None:
        """`find` and `order` plan another model; `wall` gives Unix seconds, UTC."""
        self.quotas = quotas
        self.counts: Counter[tuple[str, str, str]] = Counter()
        """Requests by (scope, figure, what came of it: refused, shadowed, waited, cheaper)."""
        self.touched: dict[str, Gauge] = {}
        """Budgets that requests touched since somebody looked, by counter."""
        self._store = store
        self._meter = meter
        self._lanes = lanes
        self._find = find
        self._order = order
        self._wall = wall
        self._lines = Lines(spawn, lambda hold: store.settle(hold, 0, 0))

    async def admit(self, run: Run) -> None:
        """Let a request in, perhaps later, or with a cheaper model. Raises LimitReached, BudgetExhausted.

        Raises StorageUnavailable while the store is away and `stores.when_away` is `refuse`.
        """
        if not self.quotas:
            return
        model, spared = run.ask.request.model, frozenset[str]()
        while True:
            plan = self._plan(run, model, spared)
            if not plan.claims:
                return
            over = await self._enter(run, plan)
            if over is None:
                return
            self.counts[over.scope, over.figure, "refused"] += 1
            cheaper = await self._cheaper(run, over)
            if cheaper is None:
                raise refusal(over, _wait_for(run.ticket, over), self._wall())
            model, spared = cheaper, spared | {over.claim.key}

    def settle(self, run: Run) -> None:
        """Put what the request used in place of what it held; the second call changes nothing."""
        ticket = run.ticket
        if ticket is None or ticket.hold is None or ticket.ended:
            return
        ticket.ended = True
        tokens = 0
        for attempt in run.attempts:
            if attempt.usage is not None:
                tokens += attempt.usage.input_tokens + attempt.usage.output_tokens
        spent = run.cost_nanos
        self._store.settle(ticket.hold, tokens, ticket.hold.booked if spent is None else spent)
        if self._lines:
            self._lines.stir()

    def headers(self, run: Run) -> Mapping[str, str]:
        """How limits and budgets stand, for the reply (G11)."""
        return NOTHING if run.ticket is None else run.ticket.headers(self._wall())

    def parked(self) -> Sequence[Parked]:
        """Requests of this process that wait for an administrator."""
        return [waiter.note for _, waiter in self._lines.waiters() if isinstance(waiter.note, Parked)]

    def stir(self) -> None:
        """There may be more room than before: those who wait ask again."""
        self._lines.stir()

    # --- one step ---

    def _plan(self, run: Run, model: str, spared: frozenset[str]) -> Plan:
        """The request's counters; budgets that ended, and for which a cheaper model goes on, only count."""
        plan = self.quotas.plan(run.ask, model, self._wall())
        if not spared:
            return plan
        return plan_of([_only_counted(each) if each.claim.key in spared else each for each in plan.gauges])

    async def _enter(self, run: Run, plan: Plan) -> Gauge | None:
        """Hold all that is needed, at once or in its turn. Returns the counter that refuses, or None."""
        need = self._need(run, plan)
        amounts = tuple([_amount(gauge, need) for gauge in plan.gauges])

        async def attempt() -> Standing:
            return await self._store.hold(run.ask.id, plan.claims, amounts, need.expected)

        position = 0
        turn = self._line_before(plan) if self._lines else None
        if turn is None:
            standing = await attempt()
            turn = where_to_wait(plan, standing)
        if turn is not None:
            standing, position = await self._in_turn(run, plan, attempt, *turn)
        run.ticket = Ticket(plan, standing, position, _allowed(plan, need))
        for gauge in plan.gauges if need.expected else ():
            if gauge.budget is not None and len(self.touched) < TOUCHED:
                self.touched[gauge.claim.key] = gauge
        if any(standing.waits):
            self._note_shadows(plan, standing)
        return _fullest(plan, standing)

    def _line_before(self, plan: Plan) -> tuple[Gauge, float] | None:
        """Where others wait already, a newcomer does not overtake them."""
        for gauge in plan.gauges:
            if gauge.wait_up_to and gauge.claim.enforce and gauge.claim.key in self._lines:
                return gauge, SOON
        return None

    async def _in_turn(
        self, run: Run, plan: Plan, attempt: Callable[[], Awaitable[Standing]], gauge: Gauge, wait: float
    ) -> tuple[Standing, int]:
        """Stand in line until it is this request's turn, or its patience ends."""
        last = Standing(hold=None, used=(0,) * len(plan.claims), waits=(SOON,) * len(plan.claims))

        async def ask_again() -> tuple[Standing, str | None, float]:
            nonlocal last
            last = await attempt()
            turn = where_to_wait(plan, last)
            return (last, None, 0.0) if turn is None else (last, turn[0].claim.key, turn[1])

        self.counts[gauge.scope, gauge.figure, "waited"] += 1
        waiter = Waiter(run.ask.principal.user or run.ask.principal.key_id, ask_again)
        if wait == NEVER:
            waiter.note = Parked(request=run.ask.id, gauge=gauge, since=self._wall())
        position = self._lines.join(gauge.claim.key, waiter)
        until = min(asyncio.get_running_loop().time() + gauge.wait_up_to, run.deadline)
        try:
            async with asyncio.timeout_at(until):
                last = await waiter.done
        except TimeoutError:
            last = waiter.found or last
        except asyncio.CancelledError:
            if waiter.found is not None and waiter.found.hold is not None:
                self._store.settle(waiter.found.hold, 0, 0)
            raise
        finally:
            self._lines.leave(waiter)
        return last, position

    def _note_shadows(self, plan: Plan, standing: Standing) -> None:
        for gauge, wait in zip(plan.gauges, standing.waits, strict=True):
            if wait and not gauge.claim.enforce and standing.hold is not None:
                self.counts[gauge.scope, gauge.figure, "shadowed"] += 1

    async def _cheaper(self, run: Run, over: Gauge) -> str | None:
        """Plan the request with the model that goes on when a budget is used up; None: there is none."""
        budget = over.budget
        if budget is None or budget.at_end != "cheaper" or budget.cheaper is None:
            return None
        if _wait_for(run.ticket, over) != NEVER or self._is_kept_elsewhere(run):
            return None
        model = await self._find(budget.cheaper)
        try:
            check_can(model, run.ask.request)
        except failures.InvalidRequest:
            return None
        run.plan(model, self._order(model))
        self.counts[over.scope, over.figure, "cheaper"] += 1
        return budget.cheaper

    @staticmethod
    def _is_kept_elsewhere(run: Run) -> bool:
        """The conversation lives with the provider of the dear model."""
        return run.ask.request.previous_response_id is not None and run.history is None

    # --- what it takes ---

    def _need(self, run: Run, plan: Plan) -> Need:
        """Estimate tokens by the first target, and money, where it counts, by the dearest.

        Raises BudgetExhausted where no target's price is known.
        """
        request, cap = run.ask.request, run.model.max_output_tokens
        usage = self._meter.estimates.expect(request, run.targets[0].model, cap)
        expected = worst = 0
        if any(gauge.budget is not None for gauge in plan.gauges):
            priced = [(target, self._prices(run, target)) for target in run.targets]
            known = [(target, prices) for target, prices in priced if prices is not None]
            if not known:
                failure = failures.BudgetExhausted(
                    f"The price of {request.model} is not known, and there is a budget to keep."
                )
                failure.code = "price_unknown"
                raise failure
            run.targets = [target for target, _ in known]
            expected = max(prices[0] for _, prices in known)
            worst = max(max(prices) for _, prices in known)
        return Need(
            input_tokens=usage.input_tokens,
            tokens=usage.input_tokens + usage.output_tokens,
            expected=expected,
            worst=worst,
        )

    def _prices(self, run: Run, target: Target) -> tuple[int, int] | None:
        """What it will probably cost there, and at worst; None: the price is not known (G20)."""
        request, cap = run.ask.request, run.model.max_output_tokens
        lane = self._lanes.of(target)[0]
        estimates = self._meter.estimates
        found = [
            self._meter.prices.price(lane.priced_by, lane.catalog, lane.priced_as, usage, run.ask.arrived_at)
            for usage in (
                estimates.expect(request, target.model, cap),
                estimates.worst(request, target.model, cap),
            )
        ]
        if found[0].nanos is None or found[1].nanos is None:
            return None
        return found[0].nanos, found[1].nanos


def where_to_wait(plan: Plan, standing: Standing) -> tuple[Gauge, float] | None:
    """Return the fullest counter and its wait; None: the request is in, or waiting is no use."""
    if standing.hold is not None:
        return None
    full = [
        (gauge, wait)
        for gauge, wait in zip(plan.gauges, standing.waits, strict=True)
        if _refuses(gauge, wait)
    ]
    if any(not gauge.wait_up_to or wait > _patience(gauge) for gauge, wait in full):
        return None
    return max(full, key=lambda each: each[1])


def _refuses(gauge: Gauge, wait: float) -> bool:
    return wait != 0 and gauge.claim.enforce


def _patience(gauge: Gauge) -> float:
    """The longest wait that is worth waiting: without end where an administrator may grant more."""
    if gauge.budget is not None and gauge.budget.at_end == "approve":
        return NEVER
    return gauge.wait_up_to


def _fullest(plan: Plan, standing: Standing) -> Gauge | None:
    """The counter that refuses, and longest; None: the request is in."""
    if standing.hold is not None:
        return None
    pairs = zip(plan.gauges, standing.waits, strict=True)
    return max((pair for pair in pairs if _refuses(*pair)), key=lambda pair: pair[1])[0]


def _wait_for(ticket: Ticket | None, gauge: Gauge) -> float:
    assert ticket is not None  # noqa: S101  # the counter refused it
    return ticket.standing.waits[ticket.plan.gauges.index(gauge)]


def _only_counted(gauge: Gauge) -> Gauge:
    return msgspec.structs.replace(gauge, claim=msgspec.structs.replace(gauge.claim, enforce=False))


def _amount(gauge: Gauge, need: Need) -> int:
    unit = gauge.claim.unit
    if unit == "nanos":
        strict = gauge.budget is not None and gauge.budget.mode == "strict"
        return need.worst if strict else need.expected
    if unit == "tokens":
        # A guess at the output must not shut out for good what may well fit.
        return max(need.input_tokens, min(need.tokens, gauge.claim.limit))
    return 1


def _allowed(plan: Plan, need: Need) -> int | None:
    is_strict = any(gauge.budget is not None and gauge.budget.mode == "strict" for gauge in plan.gauges)
    return need.worst if is_strict else None

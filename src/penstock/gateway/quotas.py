"""Which counters a request touches: limits and budgets of the configuration, by scope and name."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from penstock.config.durations import seconds
from penstock.config.tree import Budget, Limit, Scope
from penstock.domain.counting import Claim, Unit
from penstock.domain.exchange import Ask
from penstock.domain.money import NANOS_PER_USD
from penstock.gateway.periods import REMEMBERED, bounds
from penstock.gateway.ticket import Gauge, Plan, plan_of

WINDOWS: Final[tuple[tuple[str, Unit, float], ...]] = (
    ("requests_per_minute", "requests", 60.0),
    ("requests_per_hour", "requests", 3600.0),
    ("tokens_per_minute", "tokens", 60.0),
    ("tokens_per_day", "tokens", 86_400.0),
    ("concurrency", "slots", 0.0),
)
SCOPES: Final[tuple[Scope, ...]] = ("key", "user", "team", "organization", "model", "feature")
PLANS: Final = 4096
"""Plans that are kept ready; some of their names come from clients, so there is a bound."""

Entry = TypeVar("Entry", Limit, Budget)
Who = tuple[str | None, ...]
"""The names of a request's key (its line), user, team, organization, model, feature; then its session."""


class Quotas:
    """Plans by who asks for what; immutable but for a memo."""

    def __init__(self, limits: Sequence[Limit], budgets: Sequence[Budget]) -> None:
        self._limits = limits
        self.budgets = budgets
        self._has_sessions = any(budget.period == "session" for budget in budgets)
        self._plans: dict[tuple[Who, str], Plan] = {}

    def __bool__(self) -> bool:
        return bool(self._limits or self.budgets)

    def plan(self, ask: Ask, model: str, now: float) -> Plan:
        """Return the counters of a request for a model. `now`: Unix seconds."""
        who = ask.principal
        names = (
            who.lineage or who.key_id,
            who.user,
            who.team,
            who.organization,
            model,
            ask.feature,
            ask.session if self._has_sessions else None,
        )
        key = (names, who.key_name)
        plan = self._plans.get(key)
        if plan is None or plan.until <= now:
            if len(self._plans) >= PLANS:
                self._plans.clear()
            plan = self._plans[key] = plan_of(list(self._gauges(names, who.key_name, now)))
        return plan

    def _gauges(self, names: Who, key_name: str, now: float) -> Iterator[Gauge]:
        for scope, name in zip(SCOPES, names, strict=False):
            if name is None:
                continue
            known = {name, key_name} if scope == "key" else {name}
            shown = key_name if scope == "key" else name
            for limit in chosen(self._limits, scope, known):
                yield from _windows(limit, name, shown)
            for budget in chosen(self.budgets, scope, known):
                if budget.period != "session" or names[-1] is not None:
                    yield money_gauge(budget, name, shown, names[-1], now)


def chosen(entries: Sequence[Entry], scope: Scope, names: set[str]) -> list[Entry]:
    """Return the entries of a scope for a name: its own, or else those of everybody."""
    of_scope = [entry for entry in entries if entry.scope == scope]
    own = [entry for entry in of_scope if entry.name in names]
    return own or [entry for entry in of_scope if entry.name == "*"]


def _windows(limit: Limit, name: str, shown: str) -> Iterator[Gauge]:
    for figure, unit, window in WINDOWS:
        most: int | None = getattr(limit, figure)
        if most is not None:
            claim = Claim(
                key=f"limit:{limit.scope}:{name}:{figure}",
                unit=unit,
                limit=most,
                window=window,
                enforce=limit.mode == "enforce",
            )
            yield Gauge(
                claim=claim,
                scope=limit.scope,
                name=shown,
                figure=figure,
                wait_up_to=seconds(limit.wait_up_to),
            )


def money_gauge(budget: Budget, name: str, shown: str, session: str | None, now: float) -> Gauge:
    """Return the counter of a budget in the period around `now`."""
    since, until = bounds(budget.period, now)
    claim = Claim(
        key=money_key(budget, name, session, since),
        unit="nanos",
        limit=nanos(budget.usd),
        window=REMEMBERED[budget.period],
    )
    return Gauge(
        claim=claim,
        scope=budget.scope,
        name=shown,
        figure=budget.period,
        wait_up_to=seconds(budget.wait_up_to),
        budget=budget,
        resets=until,
    )


def money_key(budget: Budget, name: str, session: str | None, since: float) -> str:
    """Return the identity of a budget's counter; a session's has the session's name in place of a time."""
    when = session if budget.period == "session" else f"{since:.0f}"
    return f"budget:{budget.scope}:{name}:{budget.period}:{when}"


def nanos(amount: float) -> int:
    """Return dollars, as they were written, in nano-dollars."""
    return int(Decimal(str(amount)) * NANOS_PER_USD)

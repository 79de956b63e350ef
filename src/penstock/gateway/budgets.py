"""Budgets of a process: restored from the ledger, changed and granted while it runs, watched for alerts."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from penstock import failures
from penstock.config.tree import Budget, Scope
from penstock.domain.counting import Balance
from penstock.gateway.admission import Admission
from penstock.gateway.periods import REMEMBERED, Period, bounds
from penstock.gateway.quotas import Quotas, money_key, nanos
from penstock.protocols import CounterStore
from penstock.storage import budgets as stored
from penstock.storage.database import Database

LOOK_SECONDS: Final = 1.0
"""Between two looks at the budgets that were set: a new one holds within about a second."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One budget of one name, in its present period."""

    id: str
    """scope/name/period of the budget."""
    scope: Scope
    name: str
    """Whose: for a key, its id."""
    period: Period
    session: str = ""
    counter: str
    usd: float
    nanos: int
    """The budget, in nano-dollars, as are the next three."""
    spent: int
    held: int = 0
    granted: int = 0
    resets: float | None = None
    """Unix seconds; None: it does not."""

    @property
    def share(self) -> float:
        """How much of it is spent."""
        return self.spent / max(1, self.nanos + self.granted)


class Budgets:
    """Keeps the gate's budgets true: to the configuration, the database and the ledger."""

    def __init__(
        self, admission: Admission, store: CounterStore, database: Database, wall: Callable[[], float]
    ) -> None:
        """`wall` gives Unix seconds, UTC."""
        self._admission = admission
        self._store = store
        self._database = database
        self._wall = wall
        self._stored: Sequence[Budget] = ()

    def configure(self, quotas: Callable[[Sequence[Budget]], Quotas]) -> None:
        """Take over a configuration: `quotas` makes the rules from it and the budgets that were set."""
        self._quotas = quotas
        self._admission.quotas = quotas(self._stored)

    async def start(self) -> None:
        """Read what was set, and begin to count. Raises StorageUnavailable."""
        self._stored = await asyncio.to_thread(self._database.read, stored.listed)
        self._admission.quotas = self._quotas(self._stored)
        await self._store.start(self.restore)

    async def restore(self) -> None:
        """Bring what was spent and granted to the counters. Raises StorageUnavailable."""
        for budget in self._admission.quotas.budgets:
            await self._restore(budget)
        if self._admission.quotas.budgets:
            since = self._wall() - max(REMEMBERED.values())
            for grant in await asyncio.to_thread(self._database.read, stored.granted, since):
                await self._store.grant(grant.counter, grant.nanos, grant.window)

    async def keep_fresh(self) -> None:
        """Take over budgets that are set, until cancelled. A database that is away is asked again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except failures.StorageUnavailable:
                continue

    async def states(self) -> Sequence[State]:
        """All budgets with spending, the fullest first. Raises StorageUnavailable."""
        rules = self._admission.quotas.budgets
        found = await asyncio.to_thread(read_all, self._database, rules, self._wall())
        balances = await self._store.balances([state.counter for state in found])
        held = [_with_balance(state, balance) for state, balance in zip(found, balances, strict=True)]
        return sorted(held, key=lambda state: -state.share)

    async def grant(self, counter: str, amount: int) -> int:
        """Allow so many nano-dollars more in a period; return all that is granted. Raises StorageUnavailable.

        Raises NotFound for a counter that belongs to no budget of now.
        """
        budget = self._of_counter(counter)
        made = stored.Grant(counter=counter, nanos=amount, window=REMEMBERED[budget.period], at=self._wall())
        made = await asyncio.to_thread(self._database.write, stored.grant, made)
        await self._store.grant(counter, made.nanos, made.window)
        self._admission.stir()
        return made.nanos

    def _of_counter(self, counter: str) -> Budget:
        kind, _, rest = counter.partition(":")
        for budget in self._admission.quotas.budgets:
            if kind == "budget" and rest.startswith(f"{budget.scope}:") and f":{budget.period}:" in rest:
                return budget
        raise failures.NotFound(f"No budget counts as {counter!r}.", param="counter")

    async def _look(self) -> None:
        found = await asyncio.to_thread(self._database.read, stored.listed)
        if list(found) != list(self._stored):
            known = set(self._admission.quotas.budgets)
            self._stored = found
            self._admission.quotas = self._quotas(found)
            for budget in self._admission.quotas.budgets:
                if budget not in known:
                    await self._restore(budget)
            self._admission.stir()

    async def _restore(self, budget: Budget) -> None:
        states = await asyncio.to_thread(read_states, self._database, budget, self._wall())
        spent = {state.counter: state.spent for state in states}
        await self._store.restore(spent, REMEMBERED[budget.period])


def read_all(database: Database, rules: Sequence[Budget], now: float) -> list[State]:
    """Return what the ledger says of all budgets, the fullest first. Raises StorageUnavailable."""
    counters: dict[str, State] = {}
    for budget in sorted(rules, key=lambda budget: budget.name != "*"):  # a name's own comes last, and stays
        for state in read_states(database, budget, now):
            counters[state.counter] = state
    grants = {grant.counter: grant.nanos for grant in database.read(stored.granted, 0.0)}
    known = [
        msgspec.structs.replace(state, granted=grants.get(state.counter, 0)) for state in counters.values()
    ]
    return sorted(known, key=lambda state: -state.share)


def read_states(database: Database, budget: Budget, now: float) -> list[State]:
    """Return what the ledger says of a budget, for each name that has spent. Raises StorageUnavailable."""
    since, until = bounds(budget.period, now)
    found = database.read(
        stored.spent, budget.scope, since, name=budget.name, by_session=budget.period == "session"
    )
    return [
        State(
            id=stored.budget_id(budget),
            scope=budget.scope,
            name=name,
            period=budget.period,
            session=session,
            counter=money_key(budget, name, session, since),
            usd=budget.usd,
            nanos=nanos(budget.usd),
            spent=spent,
            resets=None if until == math.inf else until,
        )
        for (name, session), spent in found.items()
    ]


def _with_balance(state: State, balance: Balance) -> State:
    return msgspec.structs.replace(
        state, spent=max(state.spent, balance.spent), held=balance.held, granted=balance.granted
    )

"""Budgets kept true: to the configuration, the database and the ledger."""

import asyncio
import time

import msgspec
import pytest

from penstock import failures
from penstock.config.tree import Budget, Limit
from penstock.domain.identity import new_id
from penstock.domain.ledger import LedgerRow
from penstock.domain.money import NANOS_PER_USD
from penstock.gateway import budgets as module
from penstock.gateway.budgets import Budgets
from penstock.gateway.quotas import Quotas
from penstock.storage import budgets as stored
from penstock.storage.database import Database
from penstock.storage.group import Group
from penstock.storage.migrate import migrate
from penstock.storage.sqlite_sink import SqliteSink


@pytest.fixture
def database(tmp_path):
    opened = Database("sqlite", tmp_path)
    migrate(opened)
    yield opened
    opened.close()


def spend(database, nanos, **who):
    """Write a request's rows, as it would be settled now."""
    now = time.time()
    hold = LedgerRow(
        request_id=new_id(now), attempt=1, kind="hold", at=now, nanos=1, process_id="p", key_id="k", **who
    )
    sink = SqliteSink(database.file)
    sink.write(Group(rows=[hold, msgspec.structs.replace(hold, kind="settle", nanos=nanos)]))
    sink.close()


@pytest.fixture
def make(rig, kit, database):
    """Make a hot room with its budgets: `hot, budgets = make(Budget(...), ...)`."""

    def made(*configured):
        hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
        budgets = Budgets(hot.admission, hot.store, database, time.time)
        limits = [Limit(scope="team", concurrency=1)]
        budgets.configure(lambda found: Quotas(limits, stored.over(configured, found)))
        return hot, budgets

    return made


async def test_what_was_spent_is_known_after_a_restart(make, database) -> None:
    """money.md: counters are derived from the ledger at the start."""
    spend(database, NANOS_PER_USD)
    hot, budgets = make(Budget(scope="key", usd=1, period="total"))
    await budgets.start()
    with pytest.raises(failures.BudgetExhausted):
        await hot.gateway.complete(hot.ask())
    (state,) = await budgets.states()
    assert (state.id, state.name, state.spent, state.share, state.resets) == (
        "key/*/total",
        "k",
        NANOS_PER_USD,
        1.0,
        None,
    )


async def test_a_grant_outlives_a_restart(make, database) -> None:
    """It is in the database; requests go on in this process and in the next."""
    spend(database, NANOS_PER_USD)
    rule = Budget(scope="key", usd=1, period="month")
    _, budgets = make(rule)
    await budgets.start()
    (state,) = await budgets.states()
    assert await budgets.grant(state.counter, 5 * NANOS_PER_USD) == 5 * NANOS_PER_USD
    hot, again = make(rule)
    await again.start()
    assert (await hot.gateway.complete(hot.ask())).status == 200
    assert (await again.states())[0].granted == 5 * NANOS_PER_USD


async def test_a_counter_that_no_budget_has_is_not_granted(make) -> None:
    """404, and nothing is written."""
    _, budgets = make(Budget(scope="key", usd=1))
    for counter in ("nonsense", "budget:user:u:month:0", "budget:key:k:day:0"):
        with pytest.raises(failures.NotFound):
            await budgets.grant(counter, 5)


async def test_a_names_own_budget_is_shown_in_place_of_everybodys(make, database) -> None:
    """Both count in the same counter; the fullest comes first."""
    spend(database, NANOS_PER_USD, user="bob")
    spend(database, NANOS_PER_USD, user="eve")
    _, budgets = make(Budget(scope="user", name="bob", usd=2), Budget(scope="user", usd=100))
    await budgets.start()
    states = await budgets.states()
    assert [(state.id, state.name) for state in states] == [
        ("user/bob/month", "bob"),
        ("user/*/month", "eve"),
    ]


async def test_sessions_and_their_money_are_restored(make, database) -> None:
    """A session goes on where it was."""
    spend(database, NANOS_PER_USD, session="s")
    hot, budgets = make(Budget(scope="key", usd=1, period="session"))
    await budgets.start()
    with pytest.raises(failures.BudgetExhausted):
        await hot.gateway.complete(hot.ask(session="s"))
    assert (await hot.gateway.complete(hot.ask(session="other"))).status == 200


async def test_a_budget_that_is_set_holds_within_a_moment(make, database, monkeypatch) -> None:
    """Without a restart, and with what was spent before; a database that is away is asked again."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    spend(database, NANOS_PER_USD)
    hot, budgets = make(Budget(scope="user", usd=1))
    await budgets.start()
    watching = asyncio.ensure_future(budgets.keep_fresh())
    assert (await hot.gateway.complete(hot.ask())).status == 200
    read, away = database.read, [True]

    def sometimes(*asked, **more):
        if away and away.pop():
            raise failures.StorageUnavailable("away")
        return read(*asked, **more)

    database.read = sometimes
    database.write(stored.put, Budget(scope="key", usd=1))
    async with asyncio.timeout(5):
        while len(hot.admission.quotas.budgets) < 2:
            await asyncio.sleep(0.01)
        while not (await hot.store.balances([(await budgets.states())[0].counter]))[0].spent:
            await asyncio.sleep(0.01)
    with pytest.raises(failures.BudgetExhausted):
        await hot.gateway.complete(hot.ask())
    watching.cancel()


async def test_without_budgets_nothing_is_read(make, database) -> None:
    """Only what was set is looked for."""
    _, budgets = make()
    await budgets.start()
    await budgets._look()
    assert await budgets.states() == []

"""Counting while the common store is away (G25)."""

import pytest

from penstock.domain.counting import NEVER, Claim
from penstock.failures import StorageUnavailable
from penstock.gateway import shared
from penstock.gateway.shared import LOCAL, Shared
from penstock.stores.memory import Memory

REQUESTS = Claim(key="r", unit="requests", limit=90, window=60.0)
TOKENS = Claim(key="t", unit="tokens", limit=900, window=60.0)
SLOTS = Claim(key="s", unit="slots", limit=2)
MONEY = Claim(key="m", unit="nanos", limit=900, window=1e6)


class Common(Memory):
    """A store of three processes that can go away."""

    replicas = 3
    away = False

    async def hold(self, *asked):
        if self.away:
            raise StorageUnavailable("away")
        return await super().hold(*asked)

    @property
    def problem(self):
        return "away" if self.away else None


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def common(clock):
    return Common(clock)


@pytest.fixture
def store(common, clock):
    return Shared(common, Memory(clock), clock)


async def passing(store, claim, amount=1, start=0):
    """How many pass until one is refused."""
    for number in range(1000):
        standing = await store.hold(f"{start}.{number}", [claim], [amount])
        if standing.hold is None:
            return number
    raise AssertionError("no limit at all")


async def test_while_it_is_there_the_common_store_decides(store, common):
    """All of the limit, and settlements arrive there."""
    standing = await store.hold("a", [TOKENS, SLOTS], [500, 1])
    store.settle(standing.hold, 100, 0)
    assert (await store.hold("b", [TOKENS, SLOTS], [800, 1])).used == (900, 1)
    assert await passing(store, REQUESTS) == 90
    assert store.problem is None
    assert store.replicas == 3


async def test_each_process_has_its_share(store, common):
    """limit ÷ live replicas, never limit times replicas; a share of less than one is none."""
    common.away = True
    assert await passing(store, REQUESTS) == 30
    assert await passing(store, SLOTS) == 0
    assert (await store.hold("x", [MONEY], [301])).waits == (NEVER,)
    assert store.problem == "away"


async def test_what_passed_before_counts_in_the_share(store, common):
    """10 of 90 passed, all through this process: 20 more, for 10 and 20 are its third."""
    for number in range(10):
        await store.hold(f"before.{number}", [REQUESTS], [1])
    common.away = True
    assert await passing(store, REQUESTS, start=1) == 20


async def test_of_what_others_left_it_takes_its_part(store, common, clock):
    """Others had 60 of 90: a third of the remaining 30, until the window has passed."""
    await common.hold("others", [REQUESTS], [60])
    await store.hold("own", [REQUESTS], [1])
    common.away = True
    assert await passing(store, REQUESTS, start=1) == 9
    clock.now += 61
    assert await passing(store, REQUESTS, start=2) == 30


async def test_money_that_others_spent_stays_spent(store, common):
    """Of a budget only the rest is shared, for all of its period."""
    spent = await common.hold("others", [MONEY], [600])
    common.settle(spent.hold, 0, 600)
    standing = await store.hold("own", [MONEY], [3])
    store.settle(standing.hold, 0, 3)
    common.away = True
    assert await passing(store, MONEY, 9, start=1) == 11  # (900 - 603) / 3 / 9


async def test_local_holds_are_settled_locally(store, common):
    """The common store never hears of them; settling twice changes nothing."""
    common.away = True
    claim = Claim(key="s3", unit="slots", limit=3)
    standing = await store.hold("a", [claim], [1])
    assert standing.hold.owner == LOCAL
    assert (await store.hold("b", [claim], [1])).hold is None
    store.settle(standing.hold, 0, 0)
    store.settle(standing.hold, 0, 0)
    assert (await store.hold("c", [claim], [1])).hold is not None


async def test_a_hold_of_the_common_store_ends_there_after_it_is_back(store, common):
    """And here."""
    standing = await store.hold("a", [SLOTS], [2])
    common.away = True
    store.settle(standing.hold, 0, 0)
    common.away = False
    assert (await store.hold("b", [SLOTS], [2])).hold is not None


async def test_money_is_granted_and_restored_in_the_common_store(store, common):
    """Balances are its own."""

    async def restore():
        await store.restore({"m": 5}, 100.0)

    await store.start(restore)
    await store.grant("m", 7, 100.0)
    (balance,) = await store.balances(["m"])
    assert (balance.spent, balance.granted) == (5, 7)
    await store.aclose()


async def test_what_is_remembered_is_bounded(store, common, monkeypatch):
    """Names come from clients."""
    monkeypatch.setattr(shared, "NOTES", 5)
    for number in range(20):
        await store.hold(str(number), [Claim(key=str(number), unit="slots", limit=1)], [1])
    assert len(store._seen) <= 7


async def test_a_store_that_was_never_there_is_shared_by_the_workers(common, clock):
    """What the ledger says was spent counts in each share."""
    common.away = True
    common.replicas = 1
    store = Shared(common, Memory(clock), clock, least=2)
    assert await passing(store, REQUESTS) == 45
    await store.restore({"m": 400}, 100.0)
    assert await passing(store, MONEY, 10, start=1) == 5

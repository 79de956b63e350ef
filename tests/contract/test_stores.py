"""What every store of counters does, in memory and on a real Redis."""

import asyncio
import importlib
import pkgutil

import pytest

from penstock import stores
from penstock.domain.counting import NEVER, SOON, Balance, Claim

KINDS = [found.name for found in pkgutil.iter_modules(stores.__path__)]
DAY = 86_400.0


@pytest.fixture(params=KINDS)
async def store(request):
    kind = request.param
    url = "memory" if kind == "memory" else request.getfixturevalue("redis_server").url
    tasks = []

    def spawn(work):
        tasks.append(asyncio.get_running_loop().create_task(work))
        return tasks[-1]

    opened = importlib.import_module(f"penstock.stores.{kind}").open(url, spawn)

    async def restore():
        await opened.restore({"restored": 5}, DAY)

    await opened.start(restore)
    yield opened
    await opened.aclose()
    assert all(task.done() for task in tasks)


def requests(limit=3, **more):
    return Claim(key="r", unit="requests", limit=limit, window=60.0, **more)


def tokens(limit=100, window=60.0):
    return Claim(key="t", unit="tokens", limit=limit, window=window)


def slots(limit=2):
    return Claim(key="s", unit="slots", limit=limit)


def money(limit=100):
    return Claim(key="m", unit="nanos", limit=limit, window=DAY)


def test_there_is_one_in_process():
    """Every kind ships a real in-process one."""
    assert "memory" in KINDS


async def test_exactly_the_limit_passes_at_once(store):
    """Of 500 concurrent requests against a limit of 100, 100 pass."""
    asked = [store.hold(f"h{n}", [requests(100), slots(1000)], [1, 1]) for n in range(500)]
    passed = [found for found in await asyncio.gather(*asked) if found.hold]
    assert len(passed) == 100
    assert sorted(found.used for found in passed) == [(n, n) for n in range(1, 101)]


async def test_all_or_nothing(store):
    """G22: a claim that refuses leaves no trace in the others."""
    assert (await store.hold("a", [slots(1)], [1])).hold
    refused = await store.hold("b", [requests(), tokens(), slots(1)], [1, 10, 1])
    assert refused.hold is None
    assert refused.waits == (0.0, 0.0, SOON)
    assert refused.used == (0, 0, 1)
    assert (await store.hold("c", [requests(), tokens()], [1, 10])).used == (1, 10)


async def test_a_refusal_says_how_long(store):
    """G11: the wait is the time until enough has left the window; more than the limit never fits."""
    for n in range(3):
        await store.hold(f"h{n}", [requests()], [1])
    refused = await store.hold("x", [requests()], [1])
    assert 59.0 < refused.waits[0] < 60.6
    assert (await store.hold("y", [tokens()], [101])).waits == (NEVER,)
    assert (await store.hold("z", [slots()], [3])).waits == (NEVER,)


async def test_a_window_slides(store):
    """What is older than the window does not count any more."""
    claim = Claim(key="short", unit="requests", limit=1, window=0.2)
    assert (await store.hold("a", [claim], [1])).hold
    refused = await store.hold("b", [claim], [1])
    assert 0.0 < refused.waits[0] < 0.21
    await asyncio.sleep(refused.waits[0] + 0.002)
    assert (await store.hold("c", [claim], [1])).used == (1,)
    await asyncio.sleep(0.65)  # far beyond the window
    assert (await store.hold("d", [claim], [1])).used == (1,)


async def test_tokens_are_settled_by_truth(store):
    """Less or more than was held: the truth stands in the window."""
    first = await store.hold("a", [tokens()], [50])
    store.settle(first.hold, 10, 0)
    assert (await store.hold("b", [tokens()], [80])).used == (90,)
    second = await store.hold("c", [tokens()], [5])
    store.settle(second.hold, 30, 0)
    assert (await store.hold("d", [tokens()], [1])).used == (120,)
    store.settle(second.hold, 1000, 0)  # a second time: nothing


async def test_the_truth_after_the_window_counts_only_if_it_is_more(store):
    """An answer that took longer than the window: what it used beyond its estimate counts from now."""
    claim = tokens(window=0.1)
    late = await store.hold("a", [claim], [50])
    low = await store.hold("b", [claim], [20])
    await asyncio.sleep(0.15)
    store.settle(low.hold, 10, 0)
    store.settle(late.hold, 90, 0)
    assert (await store.hold("c", [claim], [1])).used == (41,)


async def test_slots_are_given_back(store):
    """Concurrency counts what is under way, until it ends; twice ended is once ended."""
    held = [await store.hold(f"h{n}", [slots()], [1]) for n in range(2)]
    assert (await store.hold("x", [slots()], [1])).waits == (SOON,)
    store.settle(held[0].hold, 0, 0)
    store.settle(held[0].hold, 0, 0)
    assert (await store.hold("y", [slots()], [1])).hold
    assert (await store.hold("z", [slots()], [1])).hold is None


async def test_shadows_count_and_refuse_nobody(store):
    """mode: shadow. What is over is held all the same, and the wait tells of it."""
    for n in range(4):
        found = await store.hold(f"h{n}", [requests(enforce=False)], [1])
    assert found.hold
    assert found.used == (4,)
    assert found.waits[0] > 0


async def test_money_is_held_and_spent(store):
    """Holds in the way make wait, spent money makes refuse, and grants make room."""
    first = await store.hold("a", [money()], [60], 40)
    assert (await store.hold("b", [money()], [60])).waits == (SOON,)
    store.settle(first.hold, 0, 50)
    assert (await store.hold("c", [money()], [60])).waits == (NEVER,)
    assert await store.balances(["m", "other"]) == [Balance(spent=50), Balance()]
    await store.grant("m", 10, DAY)
    assert (await store.hold("d", [money()], [60])).used == (110,)
    assert await store.balances(["m"]) == [Balance(spent=50, held=60, granted=10)]


async def test_money_is_restored_from_the_ledger(store):
    """Counters are derived: at the start they get what the ledger says, and never less than they had."""
    assert await store.balances(["restored"]) == [Balance(spent=5)]
    await store.restore({"restored": 3}, DAY)
    assert await store.balances(["restored"]) == [Balance(spent=5)]


async def test_a_store_without_trouble_says_so(store):
    """`/ready` asks it."""
    assert store.problem is None
    assert store.replicas == 1

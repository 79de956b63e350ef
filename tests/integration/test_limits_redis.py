"""Limits and budgets over several processes on a real Redis, also when it dies in the middle."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from penstock.domain.counting import Balance, Claim
from penstock.failures import StorageUnavailable
from penstock.gateway.shared import Shared
from penstock.stores.memory import Memory
from penstock.stores.redis import LEASE_SECONDS, Redis

ASKS = Path(__file__).parent / "asks_redis.py"
DAY = 86_400.0


@pytest.fixture
async def opened(redis_server):
    """Open stores on the test's Redis: `await opened()`."""
    made, tasks = [], []

    def spawn(work):
        tasks.append(asyncio.get_running_loop().create_task(work))
        return tasks[-1]

    async def restore():
        """There is no ledger."""

    async def new(restore=restore):
        made.append(Redis(redis_server.url, spawn))
        await made[-1].start(restore)
        return made[-1]

    yield new
    for store in made:
        await store.aclose()


def three_processes(url, *arguments):
    """Start three processes that ask 500 times together; return what each says."""
    command = [sys.executable, str(ASKS), url, *arguments]
    running = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(3)]
    return [process.communicate(timeout=60)[0].split() for process in running]


@pytest.mark.parametrize("unit", ["requests", "slots"])
def test_three_processes_let_exactly_the_limit_pass(redis_server, unit):
    """500 concurrent requests in three processes against a limit of 100: exactly 100 pass."""
    said = three_processes(redis_server.url, unit, "100")
    assert sum(int(each[0]) for each in said) == 100


def test_three_processes_spend_exactly_the_budget(redis_server):
    """money.md: a budget for 100 of 500 requests, nothing over, all of it used."""
    said = three_processes(redis_server.url, "nanos", "1000")
    assert sum(int(each[0]) for each in said) == 100
    assert {each[1] for each in said} == {"1000"}


async def test_tokens_overshoot_by_one_estimates_error_at_most(opened):
    """The truth is 10 % above every estimate; the window never holds more than one error beyond its limit."""
    stores = [await opened() for _ in range(3)]
    claim = Claim(key="tokens", unit="tokens", limit=10_000, window=60.0)
    used = 0
    for number in range(500):
        standing = await stores[number % 3].hold(f"t{number}", [claim], [100])
        if standing.hold is not None:
            stores[number % 3].settle(standing.hold, 110, 0)
            used += 110
            await stores[number % 3].balances([])
            await stores[number % 3].hold(f"flush{number}", [], [])
    assert 10_000 - 110 <= used <= 10_000 + 10


async def test_a_killed_redis_refuses(opened, redis_server):
    """G25, refuse: killed in the middle, nothing passes uncounted; when it is back, counting goes on."""
    store = await opened()
    claim = Claim(key="r", unit="requests", limit=100, window=60.0)
    passed = [bool((await store.hold(f"a{n}", [claim], [1])).hold) for n in range(60)]
    redis_server.kill()
    for number in range(200):
        with pytest.raises(StorageUnavailable):
            await store.hold(f"b{number}", [claim], [1])
    assert sum(passed) == 60
    assert store.problem.startswith("Redis is away")
    redis_server.start()
    await back(store)
    assert (await store.hold("c", [claim], [1])).hold is not None


async def test_a_killed_redis_is_shared(opened, redis_server):
    """G25, share: three processes go on with a third each; all in all never more than the limit."""
    common = [await opened() for _ in range(3)]
    stores = [Shared(each, Memory(), time.monotonic) for each in common]
    for each in common:
        await each._enter()  # each has heard of all three
    claim = Claim(key="r", unit="requests", limit=100, window=60.0)

    async def ask(number):
        try:
            return (await stores[number % 3].hold(f"r{number}", [claim], [1])).hold is not None
        except StorageUnavailable:
            return False

    passed = [await ask(number) for number in range(40)]
    redis_server.kill()
    passed += await asyncio.gather(*(ask(number) for number in range(40, 500)))
    assert [store.replicas for store in stores] == [3, 3, 3]
    assert 90 <= sum(passed) <= 100


async def back(store):
    """Wait until a store works again."""
    async with asyncio.timeout(10):
        while store.problem is not None:
            await asyncio.sleep(0.02)


async def test_a_redis_that_forgot_is_told_from_the_ledger(opened, redis_server):
    """Money spent before the crash is restored before more is held; what was open then counts too."""
    spent = {"m": 0}
    stores = []

    async def restore():
        if stores:
            await stores[0].restore(spent, DAY)

    stores.append(await opened(restore))
    store = stores[0]
    claim = Claim(key="m", unit="nanos", limit=1000, window=DAY)
    first = await store.hold("a", [claim], [400], 400)
    second = await store.hold("b", [claim], [100], 100)
    store.settle(first.hold, 0, 390)
    spent["m"] = 390
    await store.balances(["m"])
    redis_server.kill()
    redis_server.start()
    store.settle(second.hold, 0, 90)
    with pytest.raises(StorageUnavailable):
        await store.hold("c", [claim], [100])
    await back(store)
    spent["m"] = 480
    assert (await store.hold("d", [claim], [600])).hold is None
    assert await store.balances(["m"]) == [Balance(spent=480)]
    assert (await store.hold("e", [claim], [520])).hold is not None


async def test_what_a_dead_process_held_ends_by_itself(opened, redis_server, monkeypatch):
    """G23: its slots are free and its money counts as recovery will book it, once its lease is over."""
    monkeypatch.setattr("penstock.stores.redis.LEASE_SECONDS", 0.3)
    monkeypatch.setattr("penstock.stores.redis.BEAT_SECONDS", 0.1)
    dead, living = await opened(), await opened()
    claims = [Claim(key="s", unit="slots", limit=1), Claim(key="m", unit="nanos", limit=100, window=DAY)]
    held = await dead.hold("a", claims, [1, 90], 40)
    assert (await living.hold("b", claims, [1, 5])).hold is None
    dead._tasks[1].cancel()  # no beats any more
    await asyncio.sleep(0.5)
    other = await living.hold("c", claims, [1, 5], 5)
    assert other.used == (1, 45)
    dead.settle(held.hold, 0, 30)  # it was only asleep: the truth takes the estimate's place
    await dead._enter()
    assert await living.balances(["m"]) == [Balance(spent=30, held=5)]
    assert (await dead.hold("d", [claims[1]], [5])).hold is not None
    assert LEASE_SECONDS >= 5


async def test_a_hold_whose_answer_was_lost_is_taken_back(opened, redis_server):
    """A client that leaves while Redis is asked holds nothing."""
    store = await opened()
    claim = Claim(key="s", unit="slots", limit=1)
    asking = asyncio.ensure_future(store.hold("a", [claim], [1]))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await store.hold("b", [claim], [1])).hold is not None


async def test_a_redis_that_is_away_at_the_start_is_waited_for(opened, redis_server):
    """The server starts, refuses, and counts once Redis is there."""
    redis_server.kill()
    with pytest.raises(StorageUnavailable):
        await opened()


async def test_what_cannot_be_counted_does_not_stop_the_rest(opened):
    """One key of another kind fails by itself; the batch it was in is answered."""
    store = await opened()
    await store._client.set("{penstock}:odd", "text")
    odd = Claim(key="odd", unit="slots", limit=1)
    good = Claim(key="good", unit="slots", limit=1)
    found = await asyncio.gather(
        store.hold("a", [odd], [1]), store.hold("b", [good], [1]), return_exceptions=True
    )
    assert isinstance(found[0], StorageUnavailable)
    assert found[1].hold is not None
    assert store.problem is None

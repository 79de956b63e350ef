"""Counters in memory; tests/contract has what all stores have in common."""

import time

import pytest

from penstock.domain.counting import Claim
from penstock.stores import memory
from penstock.stores.memory import SLICES, Memory


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return Memory(clock)


def requests(limit, window=60.0, key="r"):
    return Claim(key=key, unit="requests", limit=limit, window=window)


async def test_no_window_ever_holds_more_than_the_limit(store, clock):
    """Whenever one looks, the last 60 seconds have let at most the limit pass, and about as much."""
    passed = []
    for step in range(3000):
        clock.now = step * 0.1
        if (await store.hold(str(step), [requests(100)], [1])).hold is not None:
            passed.append(clock.now)
    for end in passed:
        assert sum(end - 60.0 < moment <= end for moment in passed) <= 100
    assert 490 <= len(passed) <= 500


async def test_a_refusal_says_when_it_would_pass(store, clock):
    """True to the millisecond of a slice: just before it does not, then it does."""
    for number in range(3):
        clock.now = 10.0 * number
        await store.hold(str(number), [requests(3)], [1])
    wait = (await store.hold("x", [requests(3)], [1])).waits[0]
    assert wait == pytest.approx(40.0, abs=60.0 / SLICES)
    clock.now += wait - 0.001
    assert (await store.hold("y", [requests(3)], [1])).hold is None
    clock.now += 0.002
    assert (await store.hold("z", [requests(3)], [1])).hold is not None


async def test_the_wait_for_more_is_that_of_enough(store, clock):
    """Three at once need the first three slices to pass."""
    for number in range(6):
        clock.now = 5.0 * number
        await store.hold(str(number), [requests(6)], [1])
    assert (await store.hold("x", [requests(6)], [3])).waits[0] == pytest.approx(45.0, abs=0.3)


async def test_a_wait_is_told_even_where_corrections_left_less(store, clock):
    """A limit that was lowered below what is counted: the last slice decides."""
    held = await store.hold("a", [Claim(key="t", unit="tokens", limit=100, window=60.0)], [50])
    clock.now = 1.0
    await store.hold("b", [Claim(key="t", unit="tokens", limit=100, window=60.0)], [50])
    store.settle(held.hold, -30, 0)
    lower = Claim(key="t", unit="tokens", limit=5, window=60.0)
    assert (await store.hold("c", [lower], [1])).waits[0] == pytest.approx(60.0, abs=0.3)


async def test_unused_counters_are_forgotten(store, clock, monkeypatch):
    """Names come from clients: what is idle goes, what is held or still counts stays."""
    monkeypatch.setattr(memory, "SWEEP_AT_LEAST", 10)
    store._sweep_at = 10
    slots = Claim(key="held", unit="slots", limit=1)
    money = Claim(key="money", unit="nanos", limit=9, window=10.0)
    held = await store.hold("a", [slots, money, Claim(key="free", unit="slots", limit=1)], [1, 1, 0])
    for number in range(9):
        await store.hold(f"n{number}", [requests(1, key=str(number))], [1])
    clock.now = 1000.0
    store._sweep_at = 10
    await store.hold("z", [requests(1, key="new")], [1])
    assert set(store._counters) == {"held", "money", "new"}
    store.settle(held.hold, 0, 1)
    assert (await store.hold("b", [slots], [1])).hold is not None


async def test_what_was_forgotten_meanwhile_is_settled_all_the_same(store):
    """Its counter is made anew."""
    claim = Claim(key="t", unit="tokens", limit=100, window=60.0)
    held = await store.hold("a", [claim], [10])
    store._counters.clear()
    store.settle(held.hold, 30, 0)
    assert (await store.hold("b", [claim], [1])).used == (21,)


async def test_a_step_is_cheap(store):
    """Hot path: six scopes take about 10 microseconds of CPU; the bound leaves room for noise."""
    claims = tuple(Claim(key=f"c{n}", unit="requests", limit=10**9, window=60.0) for n in range(6))
    amounts = (1,) * 6
    started = time.process_time()
    for number in range(2000):
        standing = await store.hold(str(number), claims, amounts)
        store.settle(standing.hold, 0, 0)
    assert (time.process_time() - started) / 2000 < 100e-6

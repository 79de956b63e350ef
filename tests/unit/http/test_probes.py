"""Real prompts, seldom and never dear."""

import asyncio

import pytest

from penstock.http.probes import UNKNOWN_NANOS, Policy, Probed, Prober


@pytest.fixture
def policy() -> Policy:
    return Policy(every=30, cap_nanos=1000)


def test_first_probe_is_due(policy):
    """A target that nobody asked yet is probed."""
    assert policy.due("a", 0.0, None)


def test_not_more_often_than_every_thirty_seconds(policy):
    """G27."""
    policy.start("a", 0.0)
    assert not policy.due("a", 29.0, None)
    assert policy.due("a", 30.0, None)


def test_not_where_traffic_just_succeeded(policy):
    """G27."""
    assert not policy.due("a", 100.0, 80.0)


def test_not_beyond_the_daily_cap(policy):
    """The cap ends probing for the day, and for the day only (G27)."""
    assert policy.due("a", 0.0, None)
    policy.pay(1000)
    assert not policy.due("a", 100.0, None)
    assert policy.due("a", 86_400.0, None)


def test_unknown_price_counts_too(policy):
    """What nobody can price is not free."""
    assert policy.due("a", 0.0, None)
    policy.pay(None)
    assert UNKNOWN_NANOS > 1000
    assert not policy.due("a", 100.0, None)


async def test_silent_target_is_named():
    """The reason of the failure stands beside the target."""
    answers = {"a": Probed(), "b": Probed(problem="upstream_unreachable")}

    async def probe(target):
        return answers[target]

    prober = Prober(lambda: answers, probe, lambda _: None, spawn=asyncio.ensure_future)
    assert await prober.problems(0.0) == {"b": "upstream_unreachable"}


async def test_traffic_that_succeeds_ends_the_problem():
    """A target that answered somebody since is fine."""
    answered = None

    async def probe(target):
        return Probed(problem="upstream_unreachable")

    prober = Prober(lambda: ["a"], probe, lambda _: answered, spawn=asyncio.ensure_future)
    assert await prober.problems(0.0)
    answered = asyncio.get_running_loop().time() + 1
    assert await prober.problems(1.0) == {}


async def test_slow_probe_is_not_waited_for(monkeypatch):
    """The answer comes in time; the probe's result with the next one."""
    monkeypatch.setattr("penstock.http.probes.WAIT_SECONDS", 0.01)
    go = asyncio.Event()

    async def probe(target):
        await go.wait()
        return Probed(problem="upstream_unreachable")

    tasks = []

    def spawn(work):
        tasks.append(asyncio.ensure_future(work))
        return tasks[-1]

    prober = Prober(lambda: ["a"], probe, lambda _: None, spawn=spawn)
    assert await prober.problems(0.0) == {}
    go.set()
    await tasks[0]
    assert await prober.problems(1.0) == {"a": "upstream_unreachable"}

"""One budget over three replicas: counted on Redis, booked on PostgreSQL."""

import asyncio
import importlib.util
import time
from pathlib import Path

import pytest

from penstock import failures
from penstock.config.tree import Budget, Limit
from penstock.domain.identity import new_id
from penstock.domain.money import NANOS_PER_USD
from penstock.gateway.budgets import Budgets
from penstock.gateway.ledger import Ledger
from penstock.gateway.quotas import Quotas
from penstock.storage import spend
from penstock.storage.opening import Storage
from penstock.storage.verify import verify
from penstock.stores.redis import Redis

RIG = Path(__file__).parents[1] / "unit" / "gateway" / "conftest.py"
COST = 132_000
"""Nano-dollars of a scripted answer: 4 tokens in, 64 out."""


@pytest.fixture
def parts():
    """The hot room of the unit tests."""
    spec = importlib.util.spec_from_file_location("hot_room", RIG)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def replicas(parts, redis_server, postgres_url, tmp_path):
    """Start replicas: `hots, storages = await replicas(3, budgets)`."""
    started = []

    async def start(count, budgets):
        hots, storages = [], []
        for _ in range(count):
            folder = tmp_path / str(len(started))
            folder.mkdir()
            storage = await Storage.open(
                postgres_url, folder, process_id=new_id(), clock=time.time, records_queue=10
            )
            tasks = []

            def spawn(work, tasks=tasks):
                tasks.append(asyncio.get_running_loop().create_task(work))
                return tasks[-1]

            store = Redis(redis_server.url, spawn)
            hot = parts.Rig(
                {"a": parts.scripted(parts.Line(wait=0.005), time_scale=1)},
                {"m": parts.model("a/x")},
                store=store,
            )
            hot.meter.ledger = Ledger(storage.writer, storage.lease.process_id, time.time)
            kept = Budgets(hot.admission, store, storage.database, time.time)
            kept.configure(
                lambda found, budgets=budgets: Quotas([Limit(scope="key", concurrency=1000)], budgets)
            )
            await kept.start()
            started.append((hot, store, storage))
            hots.append(hot)
            storages.append(storage)
        return hots, storages

    yield start
    for hot, store, storage in started:
        await hot.settled()
        await store.aclose()
        await storage.close()


@pytest.mark.parametrize("mode", ["strict", "expected"])
async def test_exactly_the_budget_over_three_replicas(replicas, mode):
    """500 concurrent requests on three replicas against a budget for 100: $0 over, no false refusal."""
    budget = Budget(scope="key", usd=100 * COST / NANOS_PER_USD, period="total", mode=mode)
    hots, storages = await replicas(3, [budget])
    worst = 0

    async def ask(number):
        hot = hots[number % 3]
        try:
            await hot.gateway.complete(hot.ask(more={"max_tokens": 64}))
        except failures.BudgetExhausted:
            return False
        return True

    passed = sum(await asyncio.gather(*(ask(number) for number in range(500))))
    for storage in storages:
        await storage.writer.flush()
    database = storages[0].database
    spent = await asyncio.to_thread(database.read, spend.of, "key", "k", 0.0, 1e12)
    request = hots[0].ask(more={"max_tokens": 64}).request
    worst = hots[0].meter.estimates.worst(request, "x", None)
    most = worst.input_tokens * 1000 + worst.output_tokens * 2000
    assert spent.nanos == passed * COST <= 100 * COST
    assert 100 * COST - spent.nanos < most, "there was room for one more"
    assert (await asyncio.to_thread(database.read, verify, time.time())).holds
    key = "budget:key:k:total:0"
    (balance,) = await hots[0].store.balances([key])
    assert (balance.spent, balance.held) == (spent.nanos, 0)


async def test_a_new_replica_knows_what_was_spent(replicas, redis_server):
    """Counters are derived: with Redis new and empty, the ledger says what is left."""
    budget = Budget(scope="key", usd=2.5 * COST / NANOS_PER_USD, period="total")
    (first,), (storage,) = await replicas(1, [budget])
    await first.gateway.complete(first.ask(more={"max_tokens": 64}))
    await first.gateway.complete(first.ask(more={"max_tokens": 64}))
    await storage.writer.flush()
    redis_server.kill()
    redis_server.start()
    (second,), _ = await replicas(1, [budget])
    with pytest.raises(failures.BudgetExhausted):
        await second.gateway.complete(second.ask(more={"max_tokens": 64}))

"""The gate's parts, joined."""

import asyncio

import pytest

from penstock.app.gate import Gate, open_store
from penstock.config.tree import Budget, Config, Limit, Stores
from penstock.failures import StorageUnavailable
from penstock.gateway.models import Models
from penstock.gateway.shared import Shared
from penstock.stores.memory import Memory
from penstock.stores.redis import Redis
from penstock.telemetry.meters import Meters


class Database:
    """Holds nothing, or is away."""

    away = False

    def read(self, _query, *_asked, **_more):
        if self.away:
            raise StorageUnavailable("the database is away")
        return []


@pytest.fixture
async def spawn():
    tasks = []

    def start(work):
        tasks.append(asyncio.get_running_loop().create_task(work))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()


@pytest.fixture
def make(spawn):
    def made(config, database=None):
        models = Models({}, {}, pass_unlisted=False, clock=lambda: 0.0)
        return Gate(config, database or Database(), None, None, models, spawn)

    return made


@pytest.mark.parametrize(
    ("stores", "kind"),
    [
        (Stores(), Memory),
        (Stores(url="memory", when_away="share"), Memory),
        (Stores(url="redis://127.0.0.1:1/0"), Redis),
        (Stores(url="unix:///nowhere"), Redis),
        (Stores(url="rediss://127.0.0.1:1/0", when_away="share"), Shared),
    ],
)
async def test_the_address_decides_about_the_store(spawn, stores, kind):
    """Redis is shared where `when_away` says so (G25)."""
    assert type(open_store(Config(stores=stores), spawn)) is kind


async def test_a_reload_changes_the_rules(make):
    """Counters stay; budgets that were set stay too."""
    gate = make(Config())
    await gate.start()
    assert not gate.admission.quotas
    gate.configure(Config(limits=(Limit(scope="key", concurrency=1),), budgets=(Budget(scope="key", usd=1),)))
    assert len(gate.admission.quotas.budgets) == 1
    assert gate.problem() is None
    await gate.close()


async def test_what_limits_did_is_counted(make):
    """penstock_limited_requests_total."""
    gate = make(Config())
    meters = Meters()
    gate.watch(meters)
    gate.admission.counts["key", "concurrency", "refused"] += 3
    labels = {"scope": "key", "figure": "concurrency", "outcome": "refused"}
    assert meters.registry.get_sample_value("penstock_limited_requests_total", labels) == 3


async def test_it_starts_without_its_store_or_database(make, caplog):
    """It says so, serves, and goes on trying."""
    database = Database()
    database.away = True
    gate = make(Config(), database)
    await gate.start()
    assert "the database is away" in caplog.text
    await gate.close()

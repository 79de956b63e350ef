"""The gate's parts, joined."""

import asyncio

import pytest

from penstock.app.gate import Gate, open_store
from penstock.config.tree import Alerts, Budget, Config, Limit, Stores
from penstock.domain.secret import Secret
from penstock.failures import StorageUnavailable
from penstock.gateway.models import Models
from penstock.gateway.quotas import money_gauge
from penstock.gateway.shared import Shared
from penstock.stores.memory import Memory
from penstock.stores.redis import Redis
from penstock.telemetry.meters import Meters
from penstock.transport.client import Incoming


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
    def made(config, database=None, transport=None):
        models = Models({}, {}, pass_unlisted=False, clock=lambda: 0.0)
        return Gate(config, database or Database(), None, None, models, transport, spawn)

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


class Webhook:
    """A transport that takes what is sent."""

    def __init__(self):
        self.sent = []
        self.got = asyncio.Event()

    async def send(self, outgoing):
        self.sent.append(outgoing)
        self.got.set()
        return Incoming(204, {}, self)

    async def aclose(self):
        """Nothing is open."""


async def test_a_budget_that_ends_is_told_to_the_webhook(make, monkeypatch):
    """By the transport that providers are called with."""
    monkeypatch.setattr("penstock.gateway.alerts.LOOK_SECONDS", 0.001)
    webhook = Webhook()
    config = Config(alerts=Alerts(webhook="https://hook.example/x", secret=Secret("whsec_c2VjcmV0")))
    gate = make(config, transport=webhook)
    budget = Budget(scope="key", usd=1)
    gate.admission.touched["m"] = money_gauge(budget, "k", "ci", None, 1e9)
    await gate.store.restore({money_gauge(budget, "k", "ci", None, 1e9).claim.key: 10**9}, 1e6)
    living = asyncio.ensure_future(gate.live())
    await asyncio.wait_for(webhook.got.wait(), 5)
    living.cancel()
    with pytest.raises(asyncio.CancelledError):
        await living
    assert str(webhook.sent[0].url) == "https://hook.example/x"
    assert webhook.sent[0].headers["webhook-signature"].startswith("v1,")


async def test_without_a_webhook_nobody_is_told(make):
    """Budgets are kept fresh all the same."""
    living = asyncio.ensure_future(make(Config()).live())
    await asyncio.sleep(0.01)
    assert not living.done()
    living.cancel()
    with pytest.raises(asyncio.CancelledError):
        await living


async def test_a_secret_of_the_wrong_form_is_a_mistake(make):
    """The server says so at the start."""
    with pytest.raises(ValueError, match="Standard Webhooks"):
        make(Config(alerts=Alerts(webhook="https://h", secret=Secret("whsec_?"))))

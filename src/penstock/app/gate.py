"""The gate's parts, joined: the store that counts, the rules, and what keeps both true."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from typing import Final

from yarl import URL

from penstock import stores
from penstock.app.plugins import plugin
from penstock.app.tasks import Tasks
from penstock.config.tree import Config
from penstock.failures import StorageUnavailable
from penstock.gateway.admission import Admission
from penstock.gateway.alerts import Alerts, signing_key
from penstock.gateway.budgets import Budgets
from penstock.gateway.lanes import Lanes, in_order
from penstock.gateway.metered import Meter
from penstock.gateway.models import Models
from penstock.gateway.quotas import Quotas
from penstock.gateway.shared import Shared
from penstock.protocols import CounterStore, Spawn
from penstock.storage.budgets import over
from penstock.storage.database import Database
from penstock.telemetry.meters import Meters, Watched
from penstock.transport.client import Outgoing, Transport

WEBHOOK_SECONDS: Final = 10.0
"""For an alert to be taken."""
log = logging.getLogger("penstock")

KINDS: Mapping[str, str] = {"memory": "memory", "redis": "redis", "rediss": "redis", "unix": "redis"}
"""Scheme of `stores.url` -> the plug-in."""


class Gate:
    """Limits and budgets of a process. `start`, `admission` for the gateway, `close`."""

    def __init__(
        self,
        config: Config,
        database: Database,
        meter: Meter,
        lanes: Lanes,
        models: Models,
        transport: Transport,
        spawn: Spawn,
    ) -> None:
        """Raises ValueError for an address or a secret of the wrong form."""
        self._tasks = Tasks()  # the store outlives what is settled at the end
        self.store = open_store(config, self._tasks.spawn)
        self.admission = Admission(
            Quotas((), ()),
            self.store,
            meter,
            lanes,
            find=models.find,
            order=lambda model: in_order(model, random.uniform),
            spawn=spawn,
            wall=time.time,
        )
        self._alerts = _alerts(config, self.admission, self.store, transport)
        self.budgets = Budgets(self.admission, self.store, database, time.time)
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Take over a configuration's limits and budgets; its store only counts after a restart."""
        self.budgets.configure(lambda stored: Quotas(config.limits, over(config.budgets, stored)))

    async def start(self) -> None:
        """Begin to count. A store that is away is waited for while serving, as `stores.when_away` says."""
        try:
            await self.budgets.start()
        except StorageUnavailable as failure:
            log.warning("limits and budgets: %s", failure.message)

    async def live(self) -> None:
        """Keep budgets fresh and tell of those that end, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.budgets.keep_fresh())
            if self._alerts is not None:
                tasks.create_task(self._alerts.watch())

    async def close(self) -> None:
        """Bring the last settlements to the store."""
        await self.store.aclose()

    def problem(self) -> str | None:
        """What is wrong with the store."""
        return self.store.problem

    def watch(self, meters: Meters) -> None:
        """Count what limits and budgets did."""
        counts = self.admission.counts
        meters.watch(
            Watched(
                "penstock_limited_requests",
                "Requests that limits and budgets refused, shadowed, let wait, or sent to a cheaper model.",
                lambda: [(labels, float(count)) for labels, count in counts.items()],
                ("scope", "figure", "outcome"),
                counts=True,
            )
        )


def _alerts(config: Config, admission: Admission, store: CounterStore, transport: Transport) -> Alerts | None:
    webhook, secret = config.alerts.webhook, config.alerts.secret
    if webhook is None or secret is None:
        return None
    url = URL(webhook)

    async def post(headers: Mapping[str, str], body: bytes) -> int:
        deadline = asyncio.get_running_loop().time() + WEBHOOK_SECONDS
        incoming = await transport.send(Outgoing(url=url, headers=headers, body=body, deadline=deadline))
        await incoming.chunks.aclose()
        return incoming.status

    return Alerts(admission, store, post, signing_key(secret.reveal()), time.time)


def open_store(config: Config, spawn: Spawn) -> CounterStore:
    """Open the store of the configuration. Raises ValueError."""
    url = config.stores.url
    kind = KINDS[url.partition(":")[0]]
    store: CounterStore = plugin(stores, kind).open(url, spawn)
    if kind == "memory" or config.stores.when_away == "refuse":
        return store
    local = plugin(stores, "memory").open("", spawn)
    return Shared(store, local, time.monotonic, least=config.server.workers)

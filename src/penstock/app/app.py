"""The only place where parts are joined: Config -> running App."""

import asyncio
import logging
import random
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from msgspec import structs

from penstock.app.gate import Gate
from penstock.app.plugins import Sources
from penstock.app.tasks import Tasks
from penstock.config.folder import admin_key, pepper
from penstock.config.load import Loaded
from penstock.config.tree import Config, Price
from penstock.domain.identity import Principal, new_id
from penstock.domain.keys import hash_key
from penstock.failures import StorageUnavailable
from penstock.gateway.aside import Aside
from penstock.gateway.breaker import Circuit
from penstock.gateway.catalog import shipped
from penstock.gateway.estimates import Estimates
from penstock.gateway.gateway import Gateway
from penstock.gateway.lanes import Lanes
from penstock.gateway.ledger import Ledger
from penstock.gateway.metered import Meter
from penstock.gateway.models import Models
from penstock.gateway.pricing import Prices
from penstock.gateway.probing import Probing
from penstock.gateway.router import Router
from penstock.gateway.stored import Stored
from penstock.http import table
from penstock.http.admin.budgets import BudgetPages
from penstock.http.admin.ledger import Verification
from penstock.http.admin.status import Status
from penstock.http.asgi import Door
from penstock.http.authenticate import AdminGate, Keyring, KnownKey
from penstock.http.billable import Reader
from penstock.http.health import Check, Health
from penstock.http.incoming import Incoming
from penstock.http.probes import Probed, Prober
from penstock.http.routes import Route, Table
from penstock.protocols import Warms
from penstock.storage import keys as stored_keys
from penstock.storage import records, responses
from penstock.storage.database import Database
from penstock.storage.opening import Storage
from penstock.storage.verify import verify
from penstock.telemetry.lag import measure
from penstock.telemetry.logs import Logs
from penstock.telemetry.meters import Meters, Watched
from penstock.telemetry.recorder import Recorder
from penstock.telemetry.redaction import Redacting
from penstock.telemetry.scrape import Scrape
from penstock.tokenizers.estimate import estimate
from penstock.tokenizers.openai import OpenAITokens
from penstock.transport.client import Limits, Transport
from penstock.wire import dialects

log = logging.getLogger("penstock")

REFUSED = 400
"""Statuses from here on are refusals."""
CHATTY = ("alembic", "asyncio", "aiohttp")
"""Loggers whose everyday lines are nobody's concern."""
RETENTION_SECONDS = 60.0
"""Between two steps of deleting old records."""
RETENTION_STEP = 1000
CLOSE_SECONDS = 5.0
"""What settlements that are still counted get at the end."""


class App:
    """All parts of one process. `start`, serve `door` and `admin_door`, `drain`, `close`."""

    def __init__(self, loaded: Loaded, data: Path, worker: int) -> None:
        """Use `start`."""
        self.loaded = loaded
        self.data = data
        self.tasks = Tasks()
        self.transport = Transport(Limits(**structs.asdict(loaded.config.network)))
        self.meters = Meters()
        self.logs = Logs(loaded.config.telemetry, sys.stderr, lambda: self.meters.dropped("log_line"))
        folder = data / "metrics" if loaded.config.server.workers > 1 else None
        self.scrape = Scrape(self.meters, folder, str(worker))
        self._background: list[asyncio.Task[Any]] = []
        self.storage: Storage
        self.door: Door
        self.admin_door: Door | None = None

    @classmethod
    async def start(cls, loaded: Loaded, data: Path, worker: int = 0) -> Self:
        """Open storage, recover, and join the parts.

        Raises MigrationFailed, StorageUnavailable, OSError, ValueError (a provider's options).
        """
        app = cls(loaded, data, worker)
        app.logs.start()
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        app.storage = await Storage.open(
            loaded.config.storage.url,
            data,
            process_id=new_id(),
            clock=time.time,
            records_queue=loaded.config.records.queue,
        )
        try:
            await app._join()
        except BaseException:
            await app.storage.close()
            raise
        return app

    async def drain(self, seconds: float) -> None:
        """Refuse new requests, and let those under way finish for so long."""
        for door in (self.door, self.admin_door):
            if door is not None:
                door.drain()
        try:
            async with asyncio.timeout(seconds):
                await self.door.idle()
        except TimeoutError:
            log.warning("requests were cut: the drain limit of %g s was reached", seconds)

    async def close(self) -> None:
        """End everything, in order: what is under way, connections, storage, logs."""
        for task in self._background:
            task.cancel()
        await self.tasks.finish(CLOSE_SECONDS)
        await self.gate.close()
        await self.transport.aclose()
        await self.storage.close()
        self.logs.end()

    def reload(self, loaded: Loaded) -> None:
        """Take over a new configuration, without dropping a request. Raises ValueError and keeps the old."""
        config = loaded.config
        sources = self._sources.of(loaded)
        self.lanes.reload(sources)
        self.models.reload(config.models, sources, pass_unlisted=config.server.pass_unlisted)
        self._meter.prices = Prices(shipped(), prices_of(config))
        self.gate.configure(config)
        self.keyring.configure(self._configured_keys(loaded))
        self.loaded = loaded

    async def _join(self) -> None:
        config = self.loaded.config
        spawn = self.tasks.spawn
        self._sources = Sources(self.transport, shipped())
        sources = self._sources.of(self.loaded)
        self.lanes = Lanes(sources, lambda: Circuit(config.circuit, time.monotonic, random.random))
        self._meter = Meter(
            Ledger(self.storage.writer, self.storage.lease.process_id, time.time),
            Prices(shipped(), prices_of(config)),
            Estimates(),
            OpenAITokens(estimate),
            spawn=spawn,
            clock=time.monotonic,
        )
        self.models = Models(
            config.models, sources, pass_unlisted=config.server.pass_unlisted, clock=time.monotonic
        )
        self.gate = Gate(
            config, self.storage.database, self._meter, self.lanes, self.models, self.transport, spawn
        )
        await self.gate.start()
        self.gate.watch(self.meters)
        recorder = Recorder(self.meters, self.logs, self.storage.writer)
        self.gateway = Gateway(
            self.models,
            Router(self.lanes, self._meter, config.retries, time.monotonic),
            Stored(self.storage.responses, time.time),
            Redacting(recorder, spawn) if config.records.content == "redacted" else recorder,
            self.gate.admission,
            spawn=spawn,
            clock=time.monotonic,
            keepalive=config.server.keepalive,
            before_dispatch=config.ledger.before_dispatch,
            keep_content=config.records.content != "none",
        )
        self._probing = Probing(self.gateway)
        await self._open_doors()
        self._watch_gauges()
        self._background = [
            spawn(self.storage.live()),
            spawn(self.keyring.keep_fresh()),
            spawn(self.gate.live()),
            spawn(measure(self.meters.lag.observe, time.monotonic)),
            spawn(self.scrape.keep_writing()),
            spawn(self._forget_old_records()),
            *(
                spawn(source.provider.warm())
                for source in sources.values()
                if isinstance(source.provider, Warms)
            ),
        ]

    async def _open_doors(self) -> None:
        config = self.loaded.config
        spice = pepper(self.data)
        self.keyring = Keyring(spice, self._configured_keys(self.loaded), self._load_keys)
        await self.keyring.refresh(time.monotonic())
        gate = AdminGate(hash_key(admin_key(self.data, self.loaded.source.env).reveal(), spice), spice)
        reader = Reader(self.keyring.authenticate, ThreadPoolExecutor(1, "penstock-parser"))
        aside = Aside(self.models, self.lanes, self.storage.responses, time.monotonic)
        public = table.public_routes(
            reader,
            self.gateway.complete,
            count_tokens=aside.count_tokens,
            kept=aside,
            store=self.storage.responses,
            names=self.models.names,
        )
        health = self._health()
        admin = table.admin_routes(
            gate,
            database=self.storage.database,
            flush=self.storage.writer.flush,
            keyring=self.keyring,
            pepper=spice,
            verify=self._verify,
            lanes=self.lanes,
            loaded=lambda: self.loaded,
            listed=lambda: self.models.listed,
            budgets=BudgetPages(self.gate.budgets, self.gate.admission.parked),
            status=Status(health, lambda: self.door.running, time.monotonic()),
        )
        opened = table.open_routes(health, (*public, *admin))
        separate = config.server.admin_port is not None
        self.door = self._door((*public, *opened) if separate else (*public, *admin, *opened))
        if separate:
            self.admin_door = self._door((*admin, *opened))

    def _door(self, routes: Sequence[Route]) -> Door:
        return Door(
            Table(routes),
            limits=self.loaded.config.server,
            codec_of=dialects.of,
            spawn=self.tasks.spawn,
            note=self._note,
        )

    def _note(self, incoming: Incoming, status: int) -> None:
        """Count and log what the door refused; everything else has its record."""
        if status >= REFUSED and not incoming.answered_by_gateway:
            self.meters.refused(incoming.route, status)
            where = incoming.route or "(no such path)"
            log.info("refused %s %s with %d, request %s", incoming.method, where, status, incoming.id)

    def _health(self) -> Health:
        prober = Prober(self._targets, self._probe, self._last_success, spawn=self.tasks.spawn)
        checks: dict[str, Check] = {
            "storage": lambda: self.storage.writer.trouble,
            "stores": self.gate.problem,
            "keys": lambda: None if self.keyring.reachable else "the database is away; known keys stay valid",
        }
        return Health(
            checks,
            prober,
            targets=lambda: len(self._targets()),
            is_draining=lambda: self.door.draining,
            metrics=self.scrape.render,
        )

    def _targets(self) -> Sequence[str]:
        """All targets of listed models; without a list, those that were used."""
        listed = [f"{t.provider}/{t.model}" for model in self.models.listed.values() for t in model.targets]
        return tuple(dict.fromkeys(listed)) or tuple({lane.target: None for lane in self.lanes.all()})

    async def _probe(self, target: str) -> Probed:
        problem, cost = await self._probing(target)
        return Probed(problem=problem, cost_nanos=cost)

    def _last_success(self, target: str) -> float | None:
        answered = [
            lane.answered_at for lane in self.lanes.all() if lane.target == target and lane.answered_at
        ]
        return max(answered, default=None)

    def _watch_gauges(self) -> None:
        states = {"closed": 0.0, "half_open": 1.0, "open": 2.0}
        self.meters.watch(
            Watched(
                "penstock_circuit_state",
                "0 closed, 1 half open, 2 open.",
                lambda: [
                    ((lane.source.name, lane.model, lane.key.name), states[lane.circuit.state])
                    for lane in self.lanes.all()
                ],
                ("provider", "model", "key"),
            )
        )
        running = "penstock_requests_in_flight"
        self.meters.watch(Watched(running, "Requests under way.", lambda: [((), float(self.door.running))]))
        dropped = "penstock_records_dropped"
        self.meters.watch(
            Watched(dropped, "Records lost.", lambda: [((), float(self.storage.writer.dropped))], counts=True)
        )

    def _configured_keys(self, loaded: Loaded) -> Sequence[KnownKey]:
        spice = pepper(self.data)
        return [
            KnownKey(
                digest=hash_key(key.secret.reveal(), spice),
                principal=Principal(
                    key_id=key.name,
                    key_name=key.name,
                    user=key.user,
                    team=key.team,
                    organization=key.organization,
                ),
            )
            for key in loaded.config.keys
        ]

    async def _load_keys(self, after: int) -> Sequence[KnownKey]:
        changed = await asyncio.to_thread(self.storage.database.read, stored_keys.changed_since, after)
        return [_known(row) for row in changed]

    def _verify(self) -> Verification:
        report = self.storage.database.read(verify, time.time())
        return Verification(holds=report.holds, findings=[str(found) for found in report.violations])

    async def _forget_old_records(self) -> None:
        """Delete records and stored responses older than their time, a bounded step at a time."""
        while True:
            oldest = time.time() - self.loaded.config.records.keep_days * 86_400
            try:
                deleted = await asyncio.to_thread(_forget, self.storage.database, oldest)
            except StorageUnavailable:
                deleted = 0
            await asyncio.sleep(1.0 if deleted >= RETENTION_STEP else RETENTION_SECONDS)


def _forget(database: Database, oldest: float) -> int:
    return sum(
        database.write(step, oldest, RETENTION_STEP)
        for step in (records.delete_before, responses.delete_before)
    )


def prices_of(config: Config) -> Mapping[str, Price]:
    """The configuration's prices; the built-in model runs in this process and costs nothing."""
    offline = [name for name, entry in config.providers.items() if entry["kind"] == "offline"]
    return {f"{name}/offline": Price(input=0, output=0) for name in offline} | config.prices


def _known(row: stored_keys.KeyRow) -> KnownKey:
    return KnownKey(
        digest=bytes.fromhex(row.hash),
        principal=Principal(
            key_id=row.public_id,
            key_name=row.name,
            lineage=row.lineage,
            user=row.user,
            team=row.team,
            organization=row.organization,
        ),
        revoked_at=row.revoked_at,
        changed=row.changed,
    )

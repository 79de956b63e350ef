"""The way in and out of storage, in the order that matters."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from penstock.failures import StorageUnavailable
from penstock.storage.database import Database
from penstock.storage.lease import BEAT_SECONDS, RECOVER_SECONDS, Lease, spool_file
from penstock.storage.migrate import migrate
from penstock.storage.postgres_sink import PostgresSink
from penstock.storage.response_store import ResponseStore
from penstock.storage.scribe import Scribe
from penstock.storage.spool import Spool
from penstock.storage.sqlite_sink import SqliteSink
from penstock.storage.writer import Writer


class Storage:
    """One process's storage: `await Storage.open(...)`, `spawn(storage.live())`, `await storage.close()`."""

    def __init__(self, database: Database, lease: Lease, writer: Writer) -> None:
        """Use `open`."""
        self.database = database
        self.lease = lease
        self.writer = writer
        self.responses = ResponseStore(database, writer)

    @classmethod
    async def open(
        cls,
        url: str,
        data: Path,
        *,
        process_id: str,
        clock: Callable[[], float],
        records_queue: int,
    ) -> Self:
        """Migrate, recover what dead processes left, and start the writer.

        `url` is `storage.url`, `data` an existing folder, `clock` gives Unix seconds (UTC).
        Raises MigrationFailed, StorageUnavailable.
        """
        database = Database(url, data)
        try:
            lease = await asyncio.to_thread(_prepare, database, process_id, clock)
            scribe = await asyncio.to_thread(_open_scribe, database, process_id, records_queue)
        except BaseException:
            database.close()
            raise
        return cls(database, lease, Writer(scribe, records_queue).start())

    async def live(self) -> None:
        """Renew the lease and recover others, until cancelled. A database that is away is asked again."""
        next_recovery = RECOVER_SECONDS
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            next_recovery -= BEAT_SECONDS
            try:
                await asyncio.to_thread(self.lease.beat, self.writer.open_since)
                if next_recovery <= 0:
                    next_recovery = RECOVER_SECONDS
                    await asyncio.to_thread(self.lease.recover)
            except StorageUnavailable:
                continue

    async def close(self) -> None:
        """Write all that is queued, end the lease, close the connections."""
        await self.writer.close()
        with suppress(StorageUnavailable):  # the next start recovers what is left
            await asyncio.to_thread(self.lease.release)
        self.database.close()


def _prepare(database: Database, process_id: str, clock: Callable[[], float]) -> Lease:
    migrate(database)
    lease = Lease(database, process_id, clock)
    lease.recover()
    return lease


def _open_scribe(database: Database, process_id: str, records_limit: int) -> Scribe:
    if database.is_sqlite:
        return Scribe(SqliteSink(database.file), records_limit)
    spool = Spool(spool_file(database.data, process_id), records_limit)
    return Scribe(PostgresSink(database.url, spool), records_limit)

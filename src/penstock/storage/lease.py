"""This process as a lease, and the recovery of those that died.

A lock on `<data>/processes/<id>.lock` dies with its process, at once and for certain; it decides about
every process of the same data directory. A process elsewhere (PostgreSQL) is gone when its heartbeat is
older than a minute.
"""

import fcntl
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from penstock.storage import ledger, processes
from penstock.storage.database import Database
from penstock.storage.postgres_sink import apply_spool
from penstock.storage.processes import Process
from penstock.storage.spool import Spool

BEAT_SECONDS = 10.0
RECOVER_SECONDS = 30.0
SPOOLS = "spool"
GONE_SECONDS = 60.0
"""Age of a heartbeat from which a process that cannot be asked is gone."""
SLACK_SECONDS = 600.0
"""How far `open_since` stays behind what is known, for clocks that are set back."""

logger = logging.getLogger(__name__)


class Lease:
    """The life of this process, as others see it. Blocks: an event loop calls it in a thread."""

    def __init__(self, database: Database, process_id: str, clock: Callable[[], float]) -> None:
        """Take the lock and write the process down. `clock` gives Unix seconds, UTC."""
        self.process_id = process_id
        self._database = database
        self._clock = clock
        self._folder = database.data / "processes"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self._lock_file(process_id), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        now = clock()
        self._process = Process(
            id=process_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=now,
            heartbeat=now,
            open_since=now - SLACK_SECONDS,
        )
        database.write(processes.register, self._process)

    def beat(self, open_since: float | None) -> None:
        """Renew the lease. `open_since` is the time of the oldest open hold. Raises StorageUnavailable."""
        now = self._clock()
        since = now if open_since is None else open_since
        self._process = msgspec.structs.replace(
            self._process, heartbeat=now, open_since=since - SLACK_SECONDS
        )
        self._database.write(processes.beat, self._process)

    def recover(self) -> int:
        """Settle what dead processes left open, at its estimate; return how many holds.

        Raises StorageUnavailable. Safe while others recover the same.
        """
        settled = 0
        known = self._database.read(processes.listed)
        for process in known:
            if process.id != self.process_id:
                with self._buried(process) as gone:
                    if gone:
                        settled += self._bury(process)
        for spool in self._spools():
            with self._orphaned(spool.stem, known) as orphaned:
                if orphaned:
                    self._apply_spool(spool)
        return settled

    def release(self) -> None:
        """End the lease, after the writer. What is still open is left to recovery, with a free lock.

        Raises StorageUnavailable.
        """
        try:
            if self._database.write(_leave, self._process):
                self._lock_file(self.process_id).unlink(missing_ok=True)
        finally:
            os.close(self._lock)

    def _bury(self, process: Process) -> int:
        spool = spool_file(self._database.data, process.id)
        if spool.exists():
            self._apply_spool(spool)
        settled = self._database.write(_settle, process, self._clock())
        self._lock_file(process.id).unlink(missing_ok=True)
        if settled:
            logger.warning("process %s died: %d holds settled at their estimate", process.id, settled)
        return settled

    @contextmanager
    def _buried(self, process: Process) -> Iterator[bool]:
        """Whether a process is gone; its lock is held meanwhile, so that only one recovers it."""
        with taken(self._lock_file(process.id)) as free:
            yield is_gone(process, lock_is_free=free, local=self._database.is_sqlite, now=self._clock())

    @contextmanager
    def _orphaned(self, process_id: str, known: list[Process]) -> Iterator[bool]:
        """Whether a spool is left of a process that is forgotten and does not run."""
        if any(process.id == process_id for process in known):
            yield False
            return
        with taken(self._lock_file(process_id)) as free:
            yield free is not False

    def _spools(self) -> list[Path]:
        return [] if self._database.is_sqlite else sorted((self._database.data / SPOOLS).glob("*.db"))

    def _apply_spool(self, file: Path) -> None:
        with closing(Spool(file, records_limit=0)) as spool:
            apply_spool(self._database.url, spool)

    def _lock_file(self, process_id: str) -> Path:
        return self._folder / f"{process_id}.lock"


def is_gone(process: Process, *, lock_is_free: bool | None, local: bool, now: float) -> bool:
    """Whether a process has died. `lock_is_free` None: there is no lock file of it here.

    `local`: all processes share this data directory.
    """
    if lock_is_free is not None:
        return lock_is_free
    return local or process.heartbeat < now - GONE_SECONDS


def spool_file(data: Path, process_id: str) -> Path:
    """Return where a process keeps what it could not bring to PostgreSQL."""
    return data / SPOOLS / f"{process_id}.db"


@contextmanager
def taken(file: Path) -> Iterator[bool | None]:
    """Try to take a process's lock: True if it was free, False if it runs, None if there is no file."""
    try:
        handle = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _settle(connection: Connection, process: Process, now: float) -> int:
    settled = ledger.settle_open(connection, process.id, process.open_since, now)
    processes.remove(connection, process.id)
    return settled


def _leave(connection: Connection, process: Process) -> bool:
    """Forget a process, unless it has open holds."""
    if ledger.open_holds(connection, process.id, process.open_since):
        return False
    processes.remove(connection, process.id)
    return True

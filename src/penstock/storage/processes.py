"""Processes as leases: who is alive, and since when each has open holds."""

import msgspec
from sqlalchemy import Connection, delete, select, update

from penstock.storage.database import noun
from penstock.storage.tables import processes


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process that writes to the ledger. Times are Unix seconds, UTC."""

    id: str
    host: str
    pid: int
    started_at: float
    heartbeat: float
    open_since: float
    """All of its holds made before have ended."""


def register(connection: Connection, process: Process) -> None:
    """Write a process down, before its first hold."""
    connection.execute(processes.insert().values(**msgspec.structs.asdict(process)))


def beat(connection: Connection, process: Process) -> None:
    """Renew a lease; one that others took for dead, and removed, is written down again."""
    renewal = update(processes).where(processes.c.id == process.id)
    values = {"heartbeat": process.heartbeat, "open_since": process.open_since}
    if connection.execute(renewal.values(**values)).rowcount == 0:
        register(connection, process)


def listed(connection: Connection) -> list[Process]:
    """Return all processes whose holds may be open, oldest first."""
    return [
        noun(found, Process)
        for found in connection.execute(select(processes).order_by(processes.c.started_at))
    ]


def remove(connection: Connection, process_id: str) -> None:
    """Forget a process that has no open holds."""
    connection.execute(delete(processes).where(processes.c.id == process_id))

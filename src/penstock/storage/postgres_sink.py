"""Writes groups to PostgreSQL, and to the local spool while it is away.

A group is one statement, its rows one JSON document each kind: one round trip, no work per row here.
"""

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from penstock.domain.ledger import LedgerRow
from penstock.failures import StorageUnavailable
from penstock.storage import tables
from penstock.storage.corrections import correction, is_end
from penstock.storage.database import POSTGRES_CONNECT
from penstock.storage.group import UNWRITABLE, BadRow, Group, write_or_clean
from penstock.storage.ledger import RECOVERED
from penstock.storage.spool import Spool
from penstock.storage.watchdog import Watchdog

REDIAL_SECONDS = 0.5
"""Time between two attempts to reach a server that is away."""
LOOK_SECONDS = 0.1
APPLY_GROUPS = 50
"""Groups of the spool that are applied in one go."""

logger = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode

if TYPE_CHECKING:
    import psycopg

    _Connection = psycopg.Connection[tuple[int | None]]


def _insertion(table: str) -> str:
    names = ", ".join(f'"{column.name}"' for column in tables.metadata.tables[table].columns)
    return (
        f"INSERT INTO {table} ({names})"  # noqa: S608 - own names
        f" SELECT {names} FROM json_populate_recordset(NULL::{table}, %s::json)"
        " ON CONFLICT DO NOTHING"
    )


INSERT = (
    f"WITH rows AS ({_insertion('ledger')} RETURNING 1),"  # noqa: S608 - own names
    f" records AS ({_insertion('requests')}),"
    f" kept AS ({_insertion('responses')})"
    " SELECT count(*) FROM rows"
)
RECOVERED_NANOS = (
    "SELECT nanos FROM ledger WHERE request_id = %s AND attempt = %s AND kind = 'settle' AND reason = %s"
)


class PostgresSink:
    """A connection of its own, used by one thread; another one only dials."""

    def __init__(self, url: str, spool: Spool) -> None:
        """Connects at once if it can; otherwise the spool takes what comes."""
        self._url = url
        self.spool = spool
        self._connection: _Connection | None = None
        self._dialled: _Connection | None = None
        self._dialling: threading.Thread | None = None
        self._dial_at = 0.0
        self._watchdog = Watchdog()
        self._dial()
        self._take_over()

    @property
    def trouble(self) -> str | None:
        """What an operator should know."""
        if self.spool.groups:
            return f"PostgreSQL is away or just came back: {self.spool.groups} groups wait in the local spool"
        return "PostgreSQL is away" if self.away else None

    @property
    def dropped(self) -> int:
        """Records for which the spool had no room."""
        return self.spool.dropped

    @property
    def away(self) -> bool:
        """Whether the database cannot be reached right now."""
        return self._connection is None

    def write(self, group: Group) -> None:
        """Write a group to the database, or to the spool. Raises StorageUnavailable, BadRow."""
        self._take_over()
        if self._connection is not None:
            try:
                self._apply(group)
            except StorageUnavailable as error:
                logger.warning("%s; the spool takes over", error.message)
            else:
                return
        self.spool.add(group)

    def tidy(self) -> float | None:
        """Apply a piece of the spool, or look whether the database is back."""
        self._take_over()
        if self._connection is None:
            self._redial()
            return LOOK_SECONDS
        if not self.spool.groups:
            return None
        try:
            mark, group = self.spool.first(APPLY_GROUPS)
            write_or_clean(self._apply, group)
            self.spool.forget(mark)
        except StorageUnavailable as error:
            logger.warning("the spool cannot be applied yet: %s", error.message)
            return LOOK_SECONDS
        return 0.0

    def close(self) -> None:
        """Close the connection and the spool; what waits there is applied at the next start."""
        if self._dialling is not None:
            self._dialling.join()
        self._take_over()
        self._drop()
        self._watchdog.close()
        self.spool.close()

    def _apply(self, group: Group) -> None:
        """Write to the database. Raises BadRow, StorageUnavailable."""
        if self._connection is None:
            raise StorageUnavailable("PostgreSQL is away")
        try:
            with self._watchdog.over(self._connection.fileno()):
                apply(self._connection, group)
        except StorageUnavailable:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _redial(self) -> None:
        if self._dialling is None and time.monotonic() >= self._dial_at:
            self._dialling = threading.Thread(target=self._dial, name="penstock-dial", daemon=True)
            self._dialling.start()

    def _dial(self) -> None:
        try:
            self._dialled = connect_postgres(self._url)
        except StorageUnavailable:
            self._dialled = None
        self._dial_at = time.monotonic() + REDIAL_SECONDS

    def _take_over(self) -> None:
        if self._dialling is not None and not self._dialling.is_alive():
            self._dialling.join()
            self._dialling = None
        if self._dialling is None and self._dialled is not None:
            self._connection, self._dialled = self._dialled, None


def connect_postgres(url: str) -> "_Connection":
    """Open a connection for `apply`. Raises StorageUnavailable."""
    import psycopg  # noqa: PLC0415 - 0.2 s that a start with SQLite does not need

    try:
        connection: _Connection = psycopg.connect(url, autocommit=True, **POSTGRES_CONNECT)  # type: ignore[arg-type]  # one dict for all
    except psycopg.Error as error:
        raise StorageUnavailable(f"PostgreSQL cannot be reached: {error}") from error
    return connection


def apply(connection: "_Connection", group: Group) -> None:
    """Write a group in one transaction. Raises BadRow, and StorageUnavailable if the database is away."""
    import psycopg  # noqa: PLC0415 - as above

    try:
        documents = [_encode(part).decode() for part in (group.rows, group.records, group.responses)]
        with connection.transaction():
            inserted = connection.execute(INSERT, documents).fetchone()
            if inserted is not None and (inserted[0] or 0) < len(group.rows):
                _correct(connection, group.rows)
    except (psycopg.DataError, psycopg.IntegrityError, *UNWRITABLE) as error:
        raise BadRow(str(error)) from error
    except psycopg.Error as error:
        raise StorageUnavailable(f"PostgreSQL cannot be written: {error}") from error


def apply_spool(url: str, spool: Spool) -> None:
    """Bring all of a spool to the database. Raises StorageUnavailable."""
    with connect_postgres(url) as connection:
        while spool.groups:
            mark, group = spool.first(APPLY_GROUPS)
            write_or_clean(partial(apply, connection), group)
            spool.forget(mark)


def _correct(connection: "_Connection", rows: list[LedgerRow]) -> None:
    for row in filter(is_end, rows):
        found = connection.execute(RECOVERED_NANOS, (row.request_id, row.attempt, RECOVERED)).fetchone()
        correcting = found and correction(row, found[0])
        if correcting:
            connection.execute(INSERT, (_encode([correcting]).decode(), "[]", "[]"))

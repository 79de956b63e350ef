"""Writes groups to SQLite.

One statement inserts up to 64 rows: sqlite3 gives the interpreter's lock away and takes it back for
every statement, so that a row at a time would wait for the event loop's thread at every row.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import msgspec

from penstock.domain.ledger import LedgerRow
from penstock.failures import StorageUnavailable
from penstock.storage import tables
from penstock.storage.corrections import correction, is_end
from penstock.storage.database import connect_sqlite
from penstock.storage.group import UNWRITABLE, BadRow, Group
from penstock.storage.ledger import COLUMNS, RECOVERED

SIZES = (64, 32, 16, 8, 4, 2, 1)
"""How many rows a statement takes; few sizes, so that the prepared ones are found again."""

Values = tuple[Any, ...]  # wire: what SQLite binds

_fields = attrgetter(*COLUMNS)
_encode = msgspec.json.Encoder().encode
_USAGE = COLUMNS.index("usage")
_usage = itemgetter(_USAGE)


class SqliteSink:
    """A connection of its own, used by one thread."""

    trouble = None
    """What fails is told to whoever writes."""
    dropped = 0
    """Nothing waits here, so nothing finds no place."""

    def __init__(self, file: Path) -> None:
        """`file` is opened at the first write, and anew after every failure."""
        self._file = file
        self._connection: sqlite3.Connection | None = None

    def write(self, group: Group) -> None:
        """Write a group in one commit. Raises StorageUnavailable, BadRow."""
        try:
            if self._connection is None:
                self._connection = connect_sqlite(self._file)
            self._commit(self._connection, group)
        except sqlite3.OperationalError as error:
            self.close()
            raise StorageUnavailable(f"the database cannot be written: {error}") from error
        except (sqlite3.Error, *UNWRITABLE) as error:
            self.close()
            raise BadRow(str(error)) from error

    def tidy(self) -> None:
        """Nothing is ever put off."""

    def close(self) -> None:
        """Close the connection; what was not committed is rolled back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @staticmethod
    def _commit(connection: sqlite3.Connection, group: Group) -> None:
        connection.execute("BEGIN IMMEDIATE")
        if group.rows:
            inserted = _insert(connection, "ledger", [_values(row) for row in group.rows])
            if inserted < len(group.rows):
                _correct(connection, group.rows)
        if group.records:
            _insert(connection, "requests", [msgspec.structs.astuple(record) for record in group.records])
        if group.responses:
            _insert(connection, "responses", [msgspec.structs.astuple(kept) for kept in group.responses])
        connection.execute("COMMIT")


def _values(row: LedgerRow) -> Values:
    values: Values = _fields(row)
    usage = _usage(values)
    if usage is None:
        return values
    return (*values[:_USAGE], _encode(usage).decode(), *values[_USAGE + 1 :])


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Values]) -> int:
    """Insert what is not there yet; return how many rows that were."""
    start = inserted = 0
    for size in SIZES:
        while len(rows) - start >= size:
            flat = [value for row in rows[start : start + size] for value in row]
            inserted += connection.execute(_insertion(table, size), flat).rowcount
            start += size
    return inserted


@lru_cache(maxsize=32)
def _insertion(table: str, size: int) -> str:
    columns = [column.name for column in tables.metadata.tables[table].columns]
    names = ", ".join(f'"{name}"' for name in columns)
    places = "(" + ", ".join("?" * len(columns)) + ")"
    values = ", ".join([places] * size)
    return f"INSERT INTO {table} ({names}) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608 - own names


def _correct(connection: sqlite3.Connection, rows: Sequence[LedgerRow]) -> None:
    query = "SELECT nanos FROM ledger WHERE request_id = ? AND attempt = ? AND kind = 'settle' AND reason = ?"
    for row in filter(is_end, rows):
        found = connection.execute(query, (row.request_id, row.attempt, RECOVERED)).fetchone()
        correcting = found and correction(row, found[0])
        if correcting:
            _insert(connection, "ledger", [_values(correcting)])

"""A local SQLite file that takes groups while PostgreSQL is away."""

import sqlite3
from pathlib import Path

import msgspec

from penstock.failures import StorageUnavailable
from penstock.storage.database import connect_sqlite
from penstock.storage.group import UNWRITABLE, BadRow, Group

_decoder = msgspec.json.Decoder(Group)


class Spool:
    """Groups in order, each durable once `add` returned. Used by one thread."""

    def __init__(self, file: Path, records_limit: int) -> None:
        """`records_limit` bounds the records that wait here; ledger rows always have a place."""
        self._file = file
        self._records_limit = records_limit
        self._connection: sqlite3.Connection | None = None
        self.groups = 0
        """Groups that wait."""
        self.dropped = 0
        """Records that found no place."""
        self._records = 0
        if file.exists():
            self.groups = self._open().execute("SELECT count(*) FROM spool").fetchone()[0]

    def add(self, group: Group) -> None:
        """Write a group down. Raises StorageUnavailable, BadRow."""
        room = max(0, self._records_limit - self._records)
        self.dropped += max(0, len(group.records) - room)
        kept = Group(rows=group.rows, records=group.records[:room], responses=group.responses)
        try:
            body = msgspec.json.encode(kept)
        except UNWRITABLE as error:
            raise BadRow(str(error)) from error
        self._ask("INSERT INTO spool (body) VALUES (?)", body)
        self.groups += 1
        self._records += len(kept.records)

    def first(self, groups: int) -> tuple[int, Group]:
        """Return the oldest groups as one, and the mark to `forget` them by. Raises StorageUnavailable."""
        mark, joined = 0, Group()
        for number, body in self._ask("SELECT id, body FROM spool ORDER BY id LIMIT ?", groups):
            mark, joined = number, joined + _decoder.decode(body)
        return mark, joined

    def forget(self, mark: int) -> None:
        """Remove the groups up to the mark: they are in the database. Raises StorageUnavailable."""
        removed = self._ask("DELETE FROM spool WHERE id <= ?", mark).rowcount
        self.groups = max(0, self.groups - removed)
        if not self.groups:
            self._records = 0

    def close(self) -> None:
        """Close the file; an empty one is removed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if not self.groups:
            for suffix in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)

    def _ask(self, query: str, value: int | bytes) -> sqlite3.Cursor:
        try:
            return self._open().execute(query, (value,))
        except sqlite3.Error as error:
            self.close()
            raise StorageUnavailable(f"the spool {self._file} cannot be used: {error}") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = connect_sqlite(self._file)
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS spool (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)"
            )
        return self._connection

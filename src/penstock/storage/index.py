"""One repository's index: what was made of each blob and each commit, by content.

A database of its own beside the main one, `<data>/index/<repository>.db`. It holds nothing that cannot
be made again, so one of another version is emptied and filled anew.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

VERSION = 1
"""Of the tables and of what is in them: counted up when a digest would come out otherwise."""
_MOST_VARIABLES = 900

_TABLES = """
CREATE TABLE digest (blob TEXT NOT NULL, language TEXT NOT NULL, content BLOB NOT NULL,
                     PRIMARY KEY (blob, language)) WITHOUT ROWID;
CREATE TABLE past (id TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE note (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""


class IndexStore:
    """An open index. One writer at a time; readers see what was whole when they began."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the index at `path`, making it when there is none. Raises OSError, sqlite3.Error."""
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        store = cls(connection)
        store._prepare()
        return store

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == VERSION:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        tables = self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in filter(str.strip, _TABLES.split(";")):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {VERSION}")
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def digests(self, blobs: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield (blob, language, content) for those of `blobs` that are there."""
        for start in range(0, len(blobs), _MOST_VARIABLES):
            some = blobs[start : start + _MOST_VARIABLES]
            marks = ",".join("?" * len(some))
            yield from self._connection.execute(
                f"SELECT blob, language, content FROM digest WHERE blob IN ({marks})", some
            )

    def known(self, blobs: Sequence[str]) -> set[tuple[str, str]]:
        """Return the (blob, language) pairs among `blobs` that have a digest."""
        found: set[tuple[str, str]] = set()
        for start in range(0, len(blobs), _MOST_VARIABLES):
            some = blobs[start : start + _MOST_VARIABLES]
            marks = ",".join("?" * len(some))
            found.update(
                self._connection.execute(f"SELECT blob, language FROM digest WHERE blob IN ({marks})", some)
            )
        return found

    def add_digests(self, rows: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep (blob, language, content) rows, in one transaction."""
        self._write("INSERT OR REPLACE INTO digest VALUES (?, ?, ?)", rows)

    def past(self) -> Iterator[tuple[str, bytes]]:
        """Yield (id, content) of every commit that is known."""
        yield from self._connection.execute("SELECT id, content FROM past")

    def past_ids(self) -> set[str]:
        """Return the ids of the commits that are known."""
        return {name for (name,) in self._connection.execute("SELECT id FROM past")}

    def add_past(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep (id, content) of commits, in one transaction."""
        self._write("INSERT OR REPLACE INTO past VALUES (?, ?)", rows)

    def note(self, name: str) -> bytes | None:
        """Return what was noted under a name."""
        row = self._connection.execute("SELECT content FROM note WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def notes(self, prefix: str) -> Mapping[str, bytes]:
        """Return all that was noted under names that begin with `prefix`."""
        rows = self._connection.execute(
            "SELECT name, content FROM note WHERE name >= ? AND name < ?", (prefix, prefix + "\uffff")
        )
        return dict(rows.fetchall())

    def add_notes(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Note contents under names, in one transaction."""
        self._write("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(statement, rows)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

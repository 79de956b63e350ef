"""One repository's index: what was made of each blob and each commit, by content.

A database of its own beside the main one, `<data>/index/<repository>.db`. It holds nothing that cannot
be made again, so one of another version is emptied and filled anew.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
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


class IndexUnusable(Exception):
    """The index cannot be opened or written: a full disk, no permission, not a database."""


class IndexStore:
    """An open index. One writer at a time; readers see what was whole when they began."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the index at `path`, making it when there is none. Raises IndexUnusable."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _prepare(connection)
        except (OSError, sqlite3.Error) as error:
            raise IndexUnusable(f"the index {path} cannot be used: {error}") from error
        return cls(connection)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def digests(self, blobs: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield (blob, language, content) for those of `blobs` that are there."""
        for start in range(0, len(blobs), _MOST_VARIABLES):
            some = blobs[start : start + _MOST_VARIABLES]
            marks = ",".join("?" * len(some))
            yield from self._connection.execute(
                f"SELECT blob, language, content FROM digest WHERE blob IN ({marks})",  # noqa: S608 - question marks
                some,
            )

    def known(self, blobs: Sequence[str]) -> set[tuple[str, str]]:
        """Return the (blob, language) pairs among `blobs` that have a digest."""
        found: set[tuple[str, str]] = set()
        for start in range(0, len(blobs), _MOST_VARIABLES):
            some = blobs[start : start + _MOST_VARIABLES]
            marks = ",".join("?" * len(some))
            found.update(
                self._connection.execute(
                    f"SELECT blob, language FROM digest WHERE blob IN ({marks})",  # noqa: S608 - question marks
                    some,
                )
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

    def add_notes(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Note contents under names, in one transaction."""
        self._write("INSERT OR REPLACE INTO note VALUES (?, ?)", rows)

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise IndexUnusable(f"the index cannot be written: {error}") from error
            raise


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables; those of another version are dropped first."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:  # another process was quicker
        connection.execute("ROLLBACK")
        return
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f"DROP TABLE {name}")
    for statement in filter(str.strip, _TABLES.split(";")):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")

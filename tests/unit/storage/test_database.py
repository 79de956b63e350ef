"""SQLite is opened as it has to be, and a database that is away is told from a wrong query."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from penstock.failures import StorageUnavailable
from penstock.storage.database import Database, connect_sqlite, is_away


def count(connection):
    return connection.execute(text("SELECT count(*) FROM key_changes")).scalar()


def test_sqlite_is_durable_and_private(database):
    """WAL, every commit on disk, and nobody else may read the file."""
    pragmas = database.read(
        lambda connection: [
            connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        ]
    )
    assert pragmas == ["wal", 2]
    assert database.file.stat().st_mode & 0o077 == 0


def test_a_write_is_all_or_nothing(database):
    """What was done before the mistake is undone."""

    def half(connection):
        connection.execute(text("INSERT INTO key_changes VALUES (9)"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(half)
    assert database.read(count) == 1


def test_a_locked_database_is_away(database, monkeypatch):
    """Whoever asks is told to come again, with a failure of ours."""
    monkeypatch.setattr("penstock.storage.database.PRAGMAS", ("PRAGMA busy_timeout = 1",))
    with closing(connect_sqlite(database.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        database.close()
        with pytest.raises(StorageUnavailable, match="locked"):
            database.write(count)
    assert database.write(count) == 1


def test_readers_do_not_wait_for_a_writer(database):
    """A long write of another process hides nothing that was committed."""
    with closing(connect_sqlite(database.file)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert database.read(count) == 1


def test_a_wrong_query_is_not_a_database_that_is_away(database):
    """A mistake of ours stays visible as such."""
    with pytest.raises(DBAPIError):
        database.read(lambda connection: connection.execute(text("INSERT INTO processes VALUES (1)")))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("", {}, psycopg.OperationalError("refused")), True),
        (DBAPIError("", {}, psycopg.errors.UniqueViolation("unique")), False),
        (DBAPIError("", {}, psycopg.errors.UniqueViolation(""), connection_invalidated=True), True),
        (OperationalError("", {}, sqlite3.OperationalError("no such table: x")), False),
    ],
)
def test_only_absence_is_absence(error, expected):
    """A lost connection and a lock pass; a broken rule and a missing table do not."""
    assert is_away(error) is expected


def test_postgres_is_opened_without_asking_it(tmp_path):
    """The address is understood; nothing is connected before it is used."""
    opened = Database("postgresql://somebody@127.0.0.1:1/penstock", tmp_path)
    assert not opened.is_sqlite
    assert list(tmp_path.iterdir()) == []
    opened.close()

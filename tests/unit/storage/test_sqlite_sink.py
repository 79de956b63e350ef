"""Groups are written to SQLite in one commit, or not at all."""

import sqlite3
from contextlib import closing

import pytest

from penstock.failures import StorageUnavailable
from penstock.storage import ledger
from penstock.storage.group import BadRow, Group
from penstock.storage.records import StoredRecord
from penstock.storage.sqlite_sink import SqliteSink


@pytest.fixture
def sink(database):
    opened = SqliteSink(database.file)
    yield opened
    opened.close()


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
def test_groups_of_any_size_are_written_whole(database, sink, make, count):
    """However the rows are divided into statements, none is missing."""
    sink.write(Group(rows=[make(f"r{number}") for number in range(count)]))
    assert len(database.read(ledger.open_holds, "p1")) == count


def test_every_commit_is_on_disk(sink, make):
    """The connection is in WAL mode and waits for the disk at every commit."""
    sink.write(Group(rows=[make()]))
    pragmas = [
        sink._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    ]
    assert pragmas == ["wal", 2]


def test_a_group_is_all_or_nothing(database, sink, make):
    """A row that the database does not take keeps the others out, and says so."""
    bad = StoredRecord(id="a", at=1.0, key_id="k", status=2**70, session=None, body="{}")
    with pytest.raises(BadRow):
        sink.write(Group(rows=[make()], records=[bad]))
    assert database.read(ledger.of_request, "r1") == []
    sink.write(Group(rows=[make()]))
    assert len(database.read(ledger.of_request, "r1")) == 1


def test_a_lone_surrogate_is_a_bad_row(sink, make):
    """It is not a database that is away."""
    with pytest.raises(BadRow):
        sink.write(Group(rows=[make(model_asked="\ud800")]))


def test_a_database_that_is_locked_is_away(database, sink, make, monkeypatch):
    """The writer tries again; then it works."""
    monkeypatch.setattr("penstock.storage.database.PRAGMAS", ("PRAGMA busy_timeout = 1",))
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="locked"):
            sink.write(Group(rows=[make()]))
    sink.write(Group(rows=[make()]))
    assert len(database.read(ledger.of_request, "r1")) == 1


def test_a_full_disk_is_a_database_that_is_away(database, sink, make):
    """What was written before stays; what did not fit can be tried again."""
    sink.write(Group(rows=[make("r1")]))
    pages = sink._connection.execute("PRAGMA page_count").fetchone()[0]
    sink._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageUnavailable, match="full"):
        sink.write(Group(rows=[make(f"x{number}") for number in range(500)]))
    sink.write(Group(rows=[make("r2")]))
    assert len(database.read(ledger.open_holds, "p1")) == 2


def test_nothing_is_put_off(sink):
    """SQLite needs no spool."""
    assert sink.tidy() is None
    assert sink.trouble is None

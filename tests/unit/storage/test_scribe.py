"""What cannot be written is tried again, kept or refused, and never lost silently."""

import logging

import pytest

from penstock.failures import StorageUnavailable
from penstock.storage.group import BadRow, Group
from penstock.storage.records import StoredRecord
from penstock.storage.scribe import RETRY_SECONDS, Scribe

RECORD = StoredRecord(id="a", at=1.0, key_id="k", status=200, session=None, body="{}")


class Disk:
    """A sink in memory that can be away, for a number of writes or for good, and dislikes some text."""

    def __init__(self):
        self.rows = []
        self.records = []
        self.away = 0
        self.closed = False

    def write(self, group):
        if self.away:
            self.away -= 1
            raise StorageUnavailable("the disk is full")
        for row in group.rows:
            if "\0" in row.model_asked or row.reason == "never":
                raise BadRow("bad text")
        self.rows += [(row.request_id, row.kind) for row in group.rows]
        self.records += group.records

    def tidy(self):
        return None

    def close(self):
        self.closed = True


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def scribe(disk):
    """One whose clock moves only while it sleeps; its patience is four attempts."""
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    return Scribe(disk, 2, patience=3.5 * RETRY_SECONDS, clock=lambda: now[0], sleep=sleep)


FOR_EVER = 10**9


def test_a_short_absence_is_not_noticed(scribe, disk, make):
    """A database that is locked for a moment is tried again."""
    disk.away = 3
    assert scribe.write(Group(rows=[make("r1")])) is None
    assert disk.rows == [("r1", "hold")]


def test_after_its_patience_those_who_wait_are_told(scribe, disk, make):
    """The failure is given back, and the next group does not wait as long."""
    disk.away = FOR_EVER
    assert scribe.write(Group(rows=[make("r1")])) is not None
    before = disk.away
    assert scribe.write(Group(rows=[make("r2")])) is not None
    assert before - disk.away == 1


def test_a_settlement_is_kept_until_it_can_be_written(scribe, disk, make):
    """Its hold was on disk before; the settlement follows as soon as it can."""
    scribe.write(Group(rows=[make("r1")]))
    disk.away = FOR_EVER
    scribe.write(Group(rows=[make("r1", "settle")]))
    scribe.write(Group())
    disk.away = 0
    assert scribe.write(Group()) is None
    assert disk.rows == [("r1", "hold"), ("r1", "settle")]
    assert not scribe.backlog


def test_a_refused_hold_that_cost_nothing_is_never_written(scribe, disk, make):
    """Neither the hold nor its release; nothing piles up while the database is away."""
    disk.away = FOR_EVER
    scribe.write(Group(rows=[make("r1"), make("r2"), make("r2", "release")]))
    scribe.write(Group(rows=[make("r1", "release")]))
    assert not scribe.backlog
    assert not scribe._refused
    disk.away = 0
    scribe.write(Group(rows=[make("r3")]))
    assert disk.rows == [("r3", "hold")]


def test_a_refused_hold_that_cost_something_is_written_with_its_settlement(scribe, disk, make):
    """No spend without a hold."""
    disk.away = FOR_EVER
    scribe.write(Group(rows=[make("r1"), make("r2"), make("r2", "settle")]))
    scribe.write(Group(rows=[make("r1", "settle")]))
    disk.away = 0
    scribe.write(Group())
    assert disk.rows == [("r2", "hold"), ("r2", "settle"), ("r1", "hold"), ("r1", "settle")]


def test_an_end_after_the_database_came_back_brings_its_hold(scribe, disk, make):
    """The hold was refused before; the settlement is written with it at once."""
    disk.away = FOR_EVER
    scribe.write(Group(rows=[make("r1")]))
    disk.away = 0
    scribe.write(Group(rows=[make("r2"), make("r1", "settle")]))
    assert disk.rows == [("r2", "hold"), ("r1", "hold"), ("r1", "settle")]


def test_records_that_find_no_place_are_counted(scribe, disk):
    """They wait for the database in bounded number."""
    disk.away = FOR_EVER
    scribe.write(Group(records=[RECORD] * 5))
    assert (len(scribe.backlog.records), scribe.dropped) == (2, 3)
    disk.away = 0
    scribe.write(Group())
    assert len(disk.records) == 2


def test_bad_text_is_cleaned_and_keeps_nobody_out(scribe, disk, make):
    """A NUL in one row does not stop the group."""
    assert scribe.write(Group(rows=[make("r1"), make("r2", model_asked="a\0")])) is None
    assert disk.rows == [("r1", "hold"), ("r2", "hold")]


def test_what_no_cleaning_helps_is_in_the_log(scribe, disk, make, caplog):
    """The last resort, named by its request."""
    with caplog.at_level(logging.CRITICAL):
        assert scribe.write(Group(rows=[make("r1", "settle", reason="never"), make("r2")])) is None
    assert disk.rows == [("r2", "hold")]
    assert "r1" in caplog.text


def test_the_oldest_open_hold_is_known(scribe, make):
    """It is what a lease tells others, so that recovery need not look further back."""
    assert scribe.open_since is None
    scribe.write(Group(rows=[make("r1", at=5.0), make("r2", at=6.0)]))
    assert scribe.open_since == 5.0
    scribe.write(Group(rows=[make("r1", "settle")]))
    assert scribe.open_since == 6.0
    scribe.write(Group(rows=[make("r2", "release")]))
    assert scribe.open_since is None


def test_nothing_to_write_is_not_written(scribe, disk):
    """An empty group is no commit."""
    disk.away = 1
    assert scribe.write(Group()) is None
    assert disk.away == 1


def test_what_is_left_at_the_end_is_in_the_log(scribe, disk, make, caplog):
    """A database that never came back: every row is named."""
    disk.away = FOR_EVER
    scribe.write(Group(rows=[make("r1", "settle", nanos=77)]))
    with caplog.at_level(logging.CRITICAL):
        scribe.close()
    assert '"nanos":77' in caplog.text
    assert disk.closed

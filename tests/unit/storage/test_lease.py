"""A process that died is recovered, once; one that lives is left alone."""

import fcntl
import os

import pytest

from penstock.storage import ledger, processes
from penstock.storage.lease import SLACK_SECONDS, Lease, is_gone, spool_file, taken
from penstock.storage.processes import Process

DEAD = Process(id="p1", host="h", pid=1, started_at=1.0, heartbeat=1.0, open_since=0.0)


@pytest.fixture
def lease(database):
    held = Lease(database, "p2", lambda: 1000.0)
    yield held
    held.release()


def test_a_process_is_written_down(lease, database):
    """With its watermark far enough back."""
    (process,) = database.read(processes.listed)
    assert (process.id, process.pid, process.heartbeat) == ("p2", os.getpid(), 1000.0)
    assert process.open_since == 1000.0 - SLACK_SECONDS


@pytest.mark.parametrize(("open_since", "expected"), [(None, 1000.0), (700.0, 700.0)])
def test_a_beat_says_since_when_holds_are_open(lease, database, open_since, expected):
    """Recovery looks no further back."""
    lease.beat(open_since)
    (process,) = database.read(processes.listed)
    assert process.open_since == expected - SLACK_SECONDS


def test_holds_of_the_dead_are_settled(lease, database, write, make):
    """G23: at their estimate; the process is forgotten, its lock removed."""
    database.write(processes.register, DEAD)
    lock = database.data / "processes" / "p1.lock"
    lock.touch()
    write(rows=[make("r1"), make("r2"), make("r2", "settle")])
    assert lease.recover() == 1
    assert lease.recover() == 0
    assert database.read(ledger.of_request, "r1")[1].reason == "recovered"
    assert [process.id for process in database.read(processes.listed)] == ["p2"]
    assert not lock.exists()


def test_a_process_without_a_lock_is_dead_in_its_own_folder(lease, database, write, make):
    """With SQLite all processes share the folder: no lock file, no process."""
    database.write(processes.register, DEAD)
    write(rows=[make("r1")])
    assert lease.recover() == 1


def test_holds_of_the_living_are_left_alone(lease, database, write, make):
    """The lock decides, however old the heartbeat is."""
    database.write(processes.register, DEAD)
    lock = os.open(database.data / "processes" / "p1.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    write(rows=[make("r1"), make("r2", process_id="p2")])
    assert lease.recover() == 0
    os.close(lock)
    assert lease.recover() == 1
    assert len(database.read(ledger.open_holds, "p2")) == 1


def test_a_process_that_ends_in_order_is_forgotten(database):
    """Nothing is left of it."""
    Lease(database, "p3", lambda: 1.0).release()
    assert database.read(processes.listed) == []
    assert list((database.data / "processes").iterdir()) == []


def test_a_process_that_ends_with_open_holds_is_recovered(lease, database, write, make):
    """It leaves a free lock behind."""
    other = Lease(database, "p3", lambda: 50.0)
    write(rows=[make("r1", process_id="p3")])
    other.release()
    assert lease.recover() == 1


@pytest.mark.parametrize(
    ("lock_is_free", "local", "now", "expected"),
    [
        (True, False, 1.0, True),
        (False, True, 999.0, False),
        (None, True, 1.0, True),
        (None, False, 60.0, False),
        (None, False, 61.5, True),
    ],
)
def test_a_lock_decides_and_elsewhere_the_heartbeat(lock_is_free, local, now, expected):
    """A process of another host is gone after a minute of silence."""
    assert is_gone(DEAD, lock_is_free=lock_is_free, local=local, now=now) is expected


def test_a_lock_can_be_asked(tmp_path):
    """Free, taken, or not there."""
    file = tmp_path / "lock"
    with taken(file) as free:
        assert free is None
    file.touch()
    with taken(file) as free:
        assert free is True
        with taken(file) as again:
            assert again is False


def test_each_process_has_a_spool_of_its_own(tmp_path):
    """Named by the process, so that a successor knows whose it is."""
    assert spool_file(tmp_path, "p1") == tmp_path / "spool" / "p1.db"

"""Processes are written down before their first hold, and renew their lease."""

import msgspec

from penstock.storage import processes
from penstock.storage.processes import Process

PROCESS = Process(id="p1", host="h", pid=7, started_at=100.0, heartbeat=100.0, open_since=90.0)


def test_processes_are_listed_by_age(database):
    """The oldest comes first."""
    younger = msgspec.structs.replace(PROCESS, id="p2", started_at=200.0)
    database.write(processes.register, younger)
    database.write(processes.register, PROCESS)
    assert database.read(processes.listed) == [PROCESS, younger]


def test_a_beat_renews_the_lease(database):
    """Heartbeat and watermark move; nothing else does."""
    database.write(processes.register, PROCESS)
    renewed = msgspec.structs.replace(PROCESS, heartbeat=150.0, open_since=140.0)
    database.write(processes.beat, renewed)
    assert database.read(processes.listed) == [renewed]


def test_a_process_that_was_taken_for_dead_comes_back(database):
    """A beat writes a process down again that others had removed."""
    database.write(processes.register, PROCESS)
    database.write(processes.remove, "p1")
    assert database.read(processes.listed) == []
    database.write(processes.beat, PROCESS)
    assert database.read(processes.listed) == [PROCESS]

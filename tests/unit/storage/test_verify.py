"""The invariants of the ledger are checked, each by its name."""

from sqlalchemy import text

from penstock.storage import processes
from penstock.storage.processes import Process
from penstock.storage.verify import Violation, verify

LIVING = Process(id="p1", host="h", pid=1, started_at=1.0, heartbeat=1.0, open_since=0.0)


def rules(database, now=1000.0):
    return [violation.rule for violation in database.read(verify, now).violations]


def test_a_sound_ledger_holds(database, write, make):
    """Attempts with one hold and one end are right, and the report says what was spent."""
    database.write(processes.register, LIVING)
    write(
        rows=[
            *(make("r1"), make("r1", "settle", nanos=5)),
            *(make("r2"), make("r2", "release", nanos=0)),
            *(make("r3"), make("r3", "settle", nanos=None, reason="recovered")),
            make("r4"),
        ]
    )
    report = database.read(verify, 1000.0)
    assert report.holds
    assert (report.rows, report.attempts, report.spent_nanos) == (7, 4, 5)
    assert (report.unknown, report.recovered, report.open) == (1, 1, {"p1": 1})


def test_spend_without_a_hold_is_found(database, write, make):
    """A settlement, and a correction, needs the hold of its attempt."""
    write(
        rows=[
            make("r1", "settle"),
            make("r2", "adjust"),
            make("r1", attempt=2),
            make("r1", "settle", attempt=2),
        ]
    )
    assert rules(database) == ["ended without a hold", "ended without a hold"]


def test_a_hold_that_nobody_will_end_is_found(database, write, make):
    """An open hold of a process that is not known any more is lost money."""
    write(rows=[make("r1")])
    (violation,) = database.read(verify, 1000.0).violations
    assert str(violation) == "request r1, attempt 1: never ended, and its process is gone"


def test_a_hold_that_is_open_for_a_day_is_found(database, write, make):
    """No request takes a day, also if its process lives."""
    database.write(processes.register, LIVING)
    write(rows=[make("r1")])
    assert rules(database, now=90_000.0) == ["open for more than a day"]


def test_impossible_amounts_are_found(database, write, make):
    """Costs are not negative, and a release costs nothing."""
    write(
        rows=[
            *(make("r1"), make("r1", "settle", nanos=-1)),
            *(make("r2"), make("r2", "release", nanos=7)),
            *(make("r3"), make("r3", "settle", nanos=5), make("r3", "adjust", nanos=-2)),
        ]
    )
    assert rules(database) == ["an amount that cannot be"] * 2


def test_a_second_end_is_found(database, write, make):
    """Also in a database whose indexes somebody dropped."""
    database.write(lambda connection: connection.execute(text("DROP INDEX ledger_one_end")))
    write(rows=[make("r1"), make("r1", "settle", nanos=0), make("r1", "release", nanos=0)])
    assert rules(database) == ["ended more than once"]


def test_a_violation_of_the_whole_names_no_request():
    """What concerns the sums is said as it is."""
    assert str(Violation(rule="sums differ", detail="1, 2")) == "sums differ: 1, 2"

"""Ledger rows are read as written, and the open holds of the dead are settled once."""

from sqlalchemy import text

from penstock.domain.usage import Usage
from penstock.storage import ledger


def test_rows_are_read_as_they_were_written(database, write, make):
    """All rows of a request, by attempt, with every field."""
    usage = Usage(input_uncached=3, output_text=4, service_tier="flex")
    rows = [make(), make(kind="settle", at=101.0, nanos=None, usage=usage), make(attempt=2, at=99.0)]
    write(rows=[*rows, make("r2")])
    assert database.read(ledger.of_request, "r1") == rows


def test_a_row_is_written_once(database, write, make):
    """The same request, attempt and kind again changes nothing, in the same group or another."""
    write(rows=[make(nanos=1), make(nanos=2)])
    write(rows=[make(nanos=3)])
    assert [row.nanos for row in database.read(ledger.of_request, "r1")] == [1]


def test_a_hold_has_one_end(database, write, make):
    """A release after a settlement, or the other way round, finds the place taken."""
    write(rows=[make(), make(kind="settle"), make(kind="release", nanos=0)])
    assert [row.kind for row in database.read(ledger.of_request, "r1")] == ["hold", "settle"]


def test_open_holds_are_those_without_an_end(database, write, make):
    """Holds that were settled or released, of other processes, or made before, are not listed."""
    write(
        rows=[
            *(make("r1"), make("r1", "settle")),
            *(make("r2"), make("r2", "release", nanos=0)),
            *(make("r3", process_id="p2"), make("r4", at=10.0)),
            *(make("r5", attempt=2, at=120.0), make("r6", at=110.0)),
        ]
    )
    found = database.read(ledger.open_holds, "p1", 50.0)
    assert [row.request_id for row in found] == ["r6", "r5"]


def test_open_holds_of_the_dead_are_settled_at_their_estimate(database, write, make):
    """The settlement is flagged, names its reason, and keeps who pays for what."""
    write(rows=[make("r1"), make("r2"), make("r2", "settle", nanos=7), make("r3", nanos=None)])
    assert database.write(ledger.settle_open, "p1", 0.0, 200.0) == 2
    assert database.read(ledger.of_request, "r1")[1] == make(
        "r1", "settle", at=200.0, nanos=500, estimated=True, reason="recovered"
    )
    assert [row.nanos for row in database.read(ledger.of_request, "r2")] == [500, 7]
    unknown = database.read(ledger.of_request, "r3")[1]
    assert (unknown.nanos, unknown.estimated) == (None, True)


def test_recovering_again_changes_nothing(database, write, make):
    """G23: a hold is settled once, however many find its process dead."""
    write(rows=[make("r1")])
    assert database.write(ledger.settle_open, "p1", 0.0, 200.0) == 1
    assert database.write(ledger.settle_open, "p1", 0.0, 201.0) == 0


def test_a_late_settlement_corrects_a_recovered_one(database, write, make):
    """The difference is booked, once, so that the sum is the true cost."""
    write(rows=[make("r1")])
    database.write(ledger.settle_open, "p1", 0.0, 200.0)
    late = make("r1", "settle", at=300.0, nanos=420)
    write(rows=[late])
    write(rows=[late])
    kinds = [(row.kind, row.nanos, row.reason) for row in database.read(ledger.of_request, "r1")]
    assert kinds == [("hold", 500, ""), ("settle", 500, "recovered"), ("adjust", -80, "late")]


def test_a_late_end_of_a_settled_hold_changes_nothing(database, write, make):
    """Only what recovery guessed is corrected."""
    write(rows=[make("r1"), make("r1", "settle", nanos=7)])
    write(rows=[make("r1", "release", nanos=0)])
    assert [row.nanos for row in database.read(ledger.of_request, "r1")] == [500, 7]


def test_what_is_read_is_indexed(database):
    """No query that runs while requests wait reads the whole ledger."""
    queries = {
        "ledger_holds": "SELECT * FROM ledger WHERE kind = 'hold' AND process_id = 'p' AND at >= 1",
        "ledger_spent": "SELECT sum(nanos) FROM ledger"
        " WHERE kind IN ('settle', 'adjust') AND team = 't' AND at >= 1",
    }
    for index, query in queries.items():
        found = database.read(plan, query)
        assert index in found


def plan(connection, query):
    """How the database goes about a query; PostgreSQL would rather read a small table as a whole."""
    if connection.dialect.name == "sqlite":
        return str(connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    return str(connection.execute(text(f"EXPLAIN {query}")).all())

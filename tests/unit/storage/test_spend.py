"""What was spent is derived from settlements and corrections."""

from penstock.storage import keys, spend
from penstock.storage.keys import KeyRow
from penstock.storage.spend import Spend


def settled(make, request_id, nanos, **others):
    return [make(request_id), make(request_id, "settle", nanos=nanos, **others)]


def test_nothing_was_spent_at_first(database):
    """An empty ledger sums to 0, not to nothing."""
    assert database.read(spend.total, 0.0, 1e9) == Spend(
        name=None, nanos=0, unknown=0, estimated=0, attempts=0
    )


def test_only_settlements_and_corrections_count(database, write, make):
    """Holds and releases are no spending."""
    rows = [make("r2"), make("r2", "release", nanos=0), make("r1", "adjust", nanos=-2)]
    write(rows=[*settled(make, "r1", 10), *rows])
    assert database.read(spend.total, 0.0, 1e9).nanos == 8


def test_what_is_not_known_is_counted_apart(database, write, make):
    """G20: an unknown price is not 0; it is a count beside the sum."""
    rows = [*settled(make, "r1", None), *settled(make, "r2", 5, estimated=True)]
    write(rows=rows)
    found = database.read(spend.total, 0.0, 1e9)
    assert found == Spend(name=None, nanos=5, unknown=1, estimated=1, attempts=2)


def test_sums_beyond_32_bits_are_exact(database, write, make):
    """Nano-dollars are large numbers."""
    write(rows=[*settled(make, "r1", 2**62), *settled(make, "r2", 3)])
    assert database.read(spend.total, 0.0, 1e9).nanos == 2**62 + 3


def test_a_period_includes_its_beginning_and_not_its_end(database, write, make):
    """Neighbouring periods share nothing and miss nothing."""
    write(rows=[*settled(make, "r1", 1, at=100.0), *settled(make, "r2", 2, at=200.0)])
    assert database.read(spend.total, 100.0, 200.0).nanos == 1


def test_spend_by_scope_puts_most_first(database, write, make):
    """Each name once; those without one together under None."""
    rows = [*settled(make, "r1", 1), *settled(make, "r2", 7, team="t2"), *settled(make, "r3", 3, team=None)]
    write(rows=rows)
    found = database.read(spend.by_scope, "team", 0.0, 1e9)
    assert [(one.name, one.nanos) for one in found] == [("t2", 7), (None, 3), ("t1", 1)]
    assert database.read(spend.of, "team", "t2", 0.0, 1e9).nanos == 7
    assert database.read(spend.of, "team", "t9", 0.0, 1e9).nanos == 0


def test_a_rotated_key_keeps_its_spend(database, write, make):
    """G26: the whole line of a key is summed, whichever of its keys is asked for."""
    first = KeyRow(public_id="k1", name="ci", hash="00", created=1.0, lineage="k1")
    database.write(keys.create, first)
    database.write(
        keys.rotate, "k1", KeyRow(public_id="k2", name="ci", hash="01", created=2.0, lineage="k2"), 3.0
    )
    rows = [
        *settled(make, "r1", 1),
        *settled(make, "r2", 2, key_id="k2"),
        *settled(make, "r3", 4, key_id="c9"),
    ]
    write(rows=rows)
    found = database.read(spend.by_scope, "key", 0.0, 1e9)
    assert [(one.name, one.nanos) for one in found] == [("c9", 4), ("k1", 3)]
    assert [database.read(spend.of, "key", key, 0.0, 1e9).nanos for key in ("k1", "k2", "c9")] == [3, 3, 4]

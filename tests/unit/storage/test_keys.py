"""Keys: made, revoked and rotated, each change with a number."""

import msgspec

from penstock.storage import keys
from penstock.storage.keys import KeyRow

KEY = KeyRow(public_id="k1", name="ci", hash="ab" * 32, user="u", team="t", created=100.0, lineage="k1")


def other(name):
    return msgspec.structs.replace(KEY, public_id=name, lineage=name, created=200.0)


def test_a_key_is_found_again(database):
    """What was stored is what is read, with the number of its change."""
    stored = database.write(keys.create, KEY)
    assert stored == msgspec.structs.replace(KEY, changed=1)
    assert database.read(keys.get, "k1") == stored
    assert database.read(keys.get, "k2") is None


def test_keys_are_listed_by_age(database):
    """The oldest key comes first."""
    database.write(keys.create, other("k2"))
    database.write(keys.create, KEY)
    assert [key.public_id for key in database.read(keys.listed)] == ["k1", "k2"]


def test_a_revocation_is_a_change(database):
    """G26: whoever asks what changed since it looked last learns of a revocation."""
    database.write(keys.create, KEY)
    database.write(keys.create, other("k2"))
    assert database.read(keys.changed_since, 2) == []
    assert database.write(keys.revoke, "k1", 300.0)
    (changed,) = database.read(keys.changed_since, 2)
    assert (changed.public_id, changed.revoked_at, changed.changed) == ("k1", 300.0, 3)


def test_a_revoked_key_stays_revoked(database):
    """A second revocation, or one of an unknown key, changes nothing."""
    database.write(keys.create, KEY)
    assert database.write(keys.revoke, "k1", 300.0)
    assert not database.write(keys.revoke, "k1", 400.0)
    assert not database.write(keys.revoke, "k9", 400.0)
    assert database.read(keys.changed_since, 2) == []


def test_a_period_of_grace_can_be_cut_short(database):
    """A key that is to be revoked later can be revoked now."""
    database.write(keys.create, KEY)
    database.write(keys.revoke, "k1", 900.0)
    assert database.write(keys.revoke, "k1", 300.0)


def test_a_rotated_key_has_a_successor_in_its_line(database):
    """G26: the successor shares the lineage, the old key is refused from the given time on."""
    database.write(keys.create, KEY)
    successor = database.write(keys.rotate, "k1", other("k2"), 250.0)
    assert successor is not None
    assert (successor.rotated_from, successor.lineage) == ("k1", "k1")
    old = database.read(keys.get, "k1")
    assert old is not None
    assert old.revoked_at == 250.0
    again = database.write(keys.rotate, "k2", other("k3"), 260.0)
    assert again is not None
    assert (again.rotated_from, again.lineage) == ("k2", "k1")


def test_a_key_that_is_not_there_cannot_be_rotated(database):
    """Nothing is stored for a successor without a predecessor."""
    assert database.write(keys.rotate, "k1", other("k2"), 250.0) is None
    assert database.read(keys.listed) == []

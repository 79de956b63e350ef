"""A settlement that was guessed is made true by what the dead process knew."""

import pytest

from penstock.storage.corrections import correction, is_end


@pytest.mark.parametrize(
    ("kind", "expected"), [("hold", False), ("settle", True), ("release", True), ("adjust", False)]
)
def test_settlements_and_releases_are_ends(make, kind, expected):
    """Nothing else ends a hold."""
    assert is_end(make(kind=kind)) is expected


@pytest.mark.parametrize(
    ("true", "guessed", "difference"), [(420, 500, -80), (0, 500, -500), (420, None, 420), (0, None, 0)]
)
def test_the_difference_is_booked(make, true, guessed, difference):
    """An estimate is made true; one that was unknown becomes known."""
    row = correction(make("r1", "settle", nanos=true), guessed)
    assert row is not None
    assert (row.kind, row.nanos, row.reason) == ("adjust", difference, "late")


@pytest.mark.parametrize(("true", "guessed"), [(500, 500), (None, 500), (None, None)])
def test_nothing_is_booked_where_nothing_is_learned(make, true, guessed):
    """A guess that was right stays, and so does one that nobody can better."""
    assert correction(make("r1", "settle", nanos=true), guessed) is None

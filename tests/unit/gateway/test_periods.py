"""Calendar periods in UTC."""

import math
from datetime import UTC, datetime

import pytest

from penstock.gateway.periods import SESSION_SECONDS, bounds


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("period", "begin", "end"),
    [
        ("hour", "2026-12-31T23:00", "2027-01-01T00:00"),
        ("day", "2026-12-31T00:00", "2027-01-01T00:00"),
        ("week", "2026-12-28T00:00", "2027-01-04T00:00"),
        ("month", "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_periods_are_those_of_the_calendar(period, begin, end):
    """Also at the turn of the year; weeks begin on Monday."""
    assert bounds(period, at("2026-12-31T23:59:59")) == (at(begin), at(end))


def test_what_has_no_end_ends_at_infinity():
    """total and session."""
    assert bounds("total", 1000.0) == (0.0, math.inf)
    assert bounds("session", 1e9) == (1e9 - SESSION_SECONDS, math.inf)

"""Times as people write them."""

import pytest

from penstock.config.durations import seconds


@pytest.mark.parametrize(
    ("written", "meant"),
    [(5, 5.0), (0.5, 0.5), ("5", 5.0), ("5s", 5.0), ("500ms", 0.5), ("1.5 m", 90.0), ("2h", 7200.0)],
)
def test_a_time_has_a_unit_or_is_in_seconds(written, meant):
    """5, 5s, 500ms, 1m, 1h."""
    assert seconds(written) == meant


@pytest.mark.parametrize("written", ["soon", "-5s", "5d", ""])
def test_what_is_no_time_is_refused(written):
    """With what would be one."""
    with pytest.raises(ValueError, match="write seconds"):
        seconds(written)

"""Money as people read it."""

import pytest

from penstock.domain.money import usd


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "0.00"),
        (2_500_000_000, "2.50"),
        (15_000, "0.000015"),
        (1, "0.000000001"),
        (-1_250_000_000, "-1.25"),
        (123_456_789_012, "123.456789012"),
    ],
)
def test_dollars_are_exact(nanos: int, text: str) -> None:
    """Every nano-dollar is shown, with at least two decimals."""
    assert usd(nanos) == text

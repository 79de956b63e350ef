"""Money is an integer of nano-dollars (1 USD = 1,000,000,000)."""

from typing import Final

NANOS_PER_USD: Final = 1_000_000_000


def usd(nanos: int) -> str:
    """Write nano-dollars as US dollars, exactly, with at least two decimals: 2.50, 0.000015."""
    sign = "-" if nanos < 0 else ""
    whole, rest = divmod(abs(nanos), NANOS_PER_USD)
    decimals = f"{rest:09d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"

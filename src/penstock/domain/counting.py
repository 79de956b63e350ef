"""What is counted against limits and budgets, and what came of asking for it."""

from typing import Final, Literal

import msgspec

Unit = Literal["requests", "tokens", "slots", "nanos"]
"""Requests and tokens are counted over a sliding window, slots while they are held, money over a period."""

SOON: Final = -1.0
"""A wait whose end nobody knows: until others that run have ended."""
NEVER: Final = float("inf")
"""A wait that does not end: what is asked for is more than there will be."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One counter, and how much may be in it."""

    key: str
    """Its identity: the same for everybody who counts the same."""
    unit: Unit
    limit: int
    """Requests, tokens, slots or nano-dollars."""
    window: float = 0.0
    """Seconds. Of requests and tokens: the window's length. Of money: how long the counter is remembered."""
    enforce: bool = True
    """False: it is counted and reported, and refuses nobody."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What was set aside in several counters at once. It ends by itself when its process died (G23)."""

    id: str
    owner: str
    """The lease under which it stands."""
    at: float
    """Seconds on the store's own clock."""
    claims: tuple[Claim, ...]
    amounts: tuple[int, ...]
    """One for each claim."""
    booked: int = 0
    """Nano-dollars that count as spent if the process dies: what the ledger's recovery will settle."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the counters stand after they were asked."""

    hold: Hold | None
    """None: refused, and then nothing was held anywhere."""
    used: tuple[int, ...]
    """In each counter, what was just held included."""
    waits: tuple[float, ...]
    """Seconds until each claim alone would fit: 0 (it fits), more, SOON or NEVER."""


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """How a counter of money stands, in nano-dollars."""

    spent: int = 0
    held: int = 0
    granted: int = 0
    """Allowed on top of the limit."""

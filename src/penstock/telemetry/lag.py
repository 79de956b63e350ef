"""How late the event loop wakes up: the first sign that something blocks it (G9)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

EVERY: Final = 0.1
"""Seconds between two measurements."""


async def measure(
    observe: Callable[[float], None],
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Tell `observe` the lag in seconds, until cancelled."""
    while True:
        before = clock()
        await sleep(EVERY)
        observe(max(0.0, clock() - before - EVERY))

"""P16: the gateway is killed at any point, and what a client saw is in its books afterwards."""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import aiohttp

from penstock.drill import process
from penstock.drill.client import Client, Seen
from penstock.drill.setting import Case
from penstock.drill.upstream import Scene, Upstream
from penstock.drill.wall import Outcome
from penstock.stage.play import say

CLIENTS: Final = 8
KILLED_AFTER: Final = (0.05, 0.6)
"""Seconds under load, drawn from this range."""


async def kill_and_verify(
    case: Case, configured: Mapping[str, object], folder: Path, upstream: Upstream, key: str, rounds: int
) -> Outcome:
    """Start, load, kill, start again and compare, so many times."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    wrong = ""
    answered = 0
    scene = upstream.scenes[case.name] = Scene([say] * 2, 1.0)
    for seed in range(rounds):
        chance = random.Random(seed)  # noqa: S311 - a moment that can be found again, no secret
        answered += await _load_and_kill(case, configured, folder, key, chance)
        came = len(scene.arrivals) + CLIENTS * seed
        wrong = wrong or await _miscounted(configured, folder, key, answered, came)
    holds, told = await process.ledger_holds(folder)
    wrong = wrong or ("" if holds else f"the books do not hold: {told}; ")
    return Outcome(
        id=case.fault.id,
        fault=case.fault.fault,
        must=case.fault.must,
        dialect="chat",
        form="both",
        recovery="off",
        passed=not wrong,
        seen=f"{wrong}{rounds} kills, {answered} answers before them",
        seconds=round(loop.time() - began, 2),
    )


async def _load_and_kill(
    case: Case, configured: Mapping[str, object], folder: Path, key: str, chance: random.Random
) -> int:
    """Return how many whole answers were seen."""
    gateway = await process.start(configured, folder)
    answered = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        client = Client(session, gateway.address, key, gateway.admin_key)

        async def keep_asking(*, stream: bool) -> None:
            nonlocal answered
            seen = Seen(status=200)
            while seen.broken is None:
                seen = await client.ask(case.dialect, case.name, stream=stream, patience=10)
                answered += seen.answered

        async with asyncio.TaskGroup() as group:
            for n in range(CLIENTS):
                group.create_task(keep_asking(stream=n % 2 == 0))
            await asyncio.sleep(chance.uniform(*KILLED_AFTER))
            await gateway.kill()
    return answered


async def _miscounted(
    configured: Mapping[str, object], folder: Path, key: str, answered: int, came: int
) -> str:
    """Start again, as after a crash, and compare the books with what clients and the provider saw."""
    async with (
        process.running(configured, folder) as gateway,
        aiohttp.ClientSession() as session,
    ):
        booked = await Client(session, gateway.address, key, gateway.admin_key).attempts_booked()
    if booked < answered:
        return f"{answered - booked} of {answered} answers are not in the books; "
    if booked > came + CLIENTS:
        return f"{booked} attempts are in the books, {came} came to the provider; "
    return ""

"""A whole drill: the made-up provider, a gateway in front of it, every case, and the books at the end."""

import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from penstock.domain.chat import Dialect
from penstock.drill import process, wall
from penstock.drill.client import Client
from penstock.drill.killing import kill_and_verify
from penstock.drill.setting import Case, Template, configuration, plain
from penstock.drill.upstream import Upstream
from penstock.drill.wall import Outcome, Stage

DIALECTS: Final = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES)
PLAIN: Final[Mapping[Dialect, Template]] = {dialect: plain(dialect) for dialect in DIALECTS}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to play, and how fast."""

    cases: Sequence[Case]
    templates: Mapping[Dialect, Template] = msgspec.field(default_factory=lambda: PLAIN)
    scale: float = 1.0
    """All times of the faults and all limits of the gateway are multiplied by it."""
    noise: float = 0.25
    """Seconds by which this machine may be late."""
    at_once: int = 24
    kills: int = 3
    """Rounds of P16."""


async def drill(plan: Plan, done: Callable[[Outcome], None]) -> list[Outcome]:
    """Play it. `done` hears of each outcome as it comes. Raises process.NotStarted."""
    upstream = Upstream()
    address = await upstream.start()
    key = f"psk_drill_{secrets.token_hex(16)}"
    configured = configuration(plan.cases, plan.templates, address, key, plan.scale)
    played = [case for case in plan.cases if case.fault.id != "P16"]
    killed = next((case for case in plan.cases if case.fault.id == "P16"), None)
    try:
        with tempfile.TemporaryDirectory(prefix="penstock-drill-") as folder:
            outcomes = await _play(plan, played, configured, Path(folder), upstream, key, done)
            if killed is not None:
                apart = Path(folder) / "killed"
                apart.mkdir()
                outcomes.append(await kill_and_verify(killed, configured, apart, upstream, key, plan.kills))
                done(outcomes[-1])
    finally:
        await upstream.aclose()
    return outcomes


async def _play(
    plan: Plan,
    cases: Sequence[Case],
    configured: Mapping[str, object],
    folder: Path,
    upstream: Upstream,
    key: str,
    done: Callable[[Outcome], None],
) -> list[Outcome]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        process.running(configured, folder) as gateway,
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
    ):
        stage = Stage(
            upstream=upstream,
            client=Client(session, gateway.address, key, gateway.admin_key),
            templates=plan.templates,
            scale=plan.scale,
            noise=plan.noise,
        )
        return await wall.play_all(stage, cases, plan.at_once, done)

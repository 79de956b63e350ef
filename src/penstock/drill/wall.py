"""The wall: every case against one running gateway, many at a time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import aiohttp
import msgspec

from penstock.domain.chat import Dialect
from penstock.drill.checks import CHECKS
from penstock.drill.client import Client
from penstock.drill.playing import Playing, Terms, Wrong
from penstock.drill.setting import Case, Template, scaled
from penstock.drill.upstream import Scene, Upstream
from penstock.stage.play import say

ALONE: Final = frozenset({"P14", "P15"})
"""Rows that measure time so finely that nothing else may run beside them."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    id: str
    fault: str
    must: str
    dialect: str
    form: str
    recovery: str
    passed: bool
    seen: str
    """What the client saw, and why that is wrong if it is."""
    seconds: float


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What all cases share."""

    upstream: Upstream
    client: Client
    templates: Mapping[Dialect, Template]
    scale: float
    noise: float


async def play_all(
    stage: Stage, cases: Sequence[Case], at_once: int, done: Callable[[Outcome], None]
) -> list[Outcome]:
    """Play every case, `at_once` at a time; `done` hears of each as it ends."""
    outcomes: list[Outcome] = []
    places = asyncio.Semaphore(at_once)

    async def one(case: Case) -> None:
        async with places:
            outcome = await play_one(stage, case)
        outcomes.append(outcome)
        done(outcome)

    async with asyncio.TaskGroup() as group:
        for case in cases:
            if case.fault.id not in ALONE:
                group.create_task(one(case))
    for case in cases:
        if case.fault.id in ALONE:
            await one(case)
    order = {case.name: n for n, case in enumerate(cases)}
    return sorted(outcomes, key=lambda outcome: order[name_of(outcome)])


def name_of(outcome: Outcome) -> str:
    return f"{outcome.id}-{outcome.dialect}-{outcome.form}-{outcome.recovery}"


async def play_one(stage: Stage, case: Case) -> Outcome:
    """Play one case and say what was seen."""
    template = stage.templates[case.dialect]
    acts = [case.fault.primary or say, *[case.fault.fallback] * (len(template.targets) - 1)]
    scene = stage.upstream.scenes[case.name] = Scene(acts, stage.scale)
    terms = Terms(
        timeouts=scaled(template.timeouts, stage.scale),
        has_fallback=template.has_fallback,
        scale=stage.scale,
        noise=stage.noise,
    )
    playing = Playing(case, stage.client, scene, terms)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        await CHECKS[case.fault.id](playing)
        wrong = ""
    except Wrong as told:
        wrong = f"{told}; "
    except (aiohttp.ClientError, OSError) as error:
        wrong = f"the gateway does not answer ({type(error).__name__}); "
    _, dialect, form, recovery = case.name.split("-")
    return Outcome(
        id=case.fault.id,
        fault=case.fault.fault,
        must=case.fault.must,
        dialect=dialect,
        form=form,
        recovery=recovery,
        passed=not wrong,
        seen=f"{wrong}{playing}",
        seconds=round(loop.time() - began, 2),
    )

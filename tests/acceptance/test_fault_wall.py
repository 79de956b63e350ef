"""The fault wall in its fast form: every row, streaming and not, in every dialect, all times a tenth."""

import pytest

from penstock.domain.chat import Dialect
from penstock.drill.run import DIALECTS, Plan, drill
from penstock.drill.setting import cases
from penstock.stage.faults import FAULTS

SCALE = 0.1
NOISE = 1.0
"""Seconds that a machine which runs other tests beside this one may be late."""
APART = {"P14", "P15", "P16"}
ROWS = frozenset(fault.id for fault in FAULTS)


def plan(rows: set[str], dialects: tuple[Dialect, ...] = DIALECTS) -> Plan:
    chosen = [case for case in cases(frozenset(rows), FAULTS) if case.dialect in dialects]
    return Plan(cases=chosen, scale=SCALE, noise=NOISE, kills=2)


async def failures_of(played: Plan) -> list[str]:
    outcomes = await drill(played, lambda _: None)
    return [f"{o.id} {o.dialect} {o.form} {o.recovery}: {o.seen}" for o in outcomes if not o.passed]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_s01_to_s16_and_p01_to_p13(dialect):
    """S01-S16, P01-P13: what must happen does, in this dialect, streaming and not, in each recovery."""
    assert await failures_of(plan(set(ROWS - APART), (dialect,))) == []


async def test_p14_a_client_that_leaves():
    """P14, G8: the provider's call ends within 200 ms of the client's leaving, and there was one."""
    assert await failures_of(plan({"P14"})) == []


async def test_p15_thirty_large_requests():
    """P15: 30 clients that send 5 MB and leave do not hold up the event loop."""
    assert await failures_of(plan({"P15"}, (Dialect.OPENAI_CHAT,))) == []


async def test_p16_the_process_is_killed():
    """P16: no answered request is missing from the books after a kill, and none is there twice."""
    assert await failures_of(plan({"P16"})) == []

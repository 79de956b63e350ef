"""Checks tell what must happen from what must not."""

import msgspec
import pytest

from penstock.drill.checks import CHECKS, later_than
from penstock.drill.client import Seen
from penstock.drill.playing import Wrong
from penstock.stage.faults import FAULTS
from penstock.stage.play import TOKENS

TEXT = "".join(TOKENS)
GOOD = Seen(status=200, text=TEXT, ended=True, output_tokens=60, model="fallback", took=0.1)
CUT_CLEANLY = Seen(status=200, text=TEXT[:100], error={"error": {"code": "x"}}, took=0.1)
CUT_SILENTLY = Seen(status=200, text=TEXT[:100], ended=True, took=0.1)
THROUGH = [(0, 0.0), (1, 0.01)]
TWICE = [(0, 0.0), (0, 0.02)]
FAILED = {"outcome": "upstream_server_error"}


def refused(status: int, text: str = "no") -> Seen:
    return Seen(status=status, error={"error": {"message": text}}, took=0.1)


def recorded(**fields) -> dict:
    return {"target": "x-1/fallback", "attempts": [FAILED, {"outcome": "ok"}]} | fields


def late(seen: Seen, took: float) -> Seen:
    return msgspec.structs.replace(seen, took=took)


GOOD_ENDS = [
    ("S01", GOOD, [], {"attempts": THROUGH}),
    ("S01", GOOD, [], {"attempts": TWICE}),
    ("S02", GOOD, [], {"attempts": THROUGH}),
    ("S03", GOOD, [], {"attempts": TWICE}),
    ("S04", GOOD, [], {"attempts": THROUGH}),
    ("S04", refused(503), [], {"fallback": False}),
    ("S05", GOOD, [], {"attempts": TWICE}),
    ("S06", GOOD, [], {"attempts": THROUGH}),
    ("S07", GOOD, [], {"attempts": THROUGH}),
    ("S08", CUT_CLEANLY, [], {}),
    ("S08", GOOD, [], {"recovery": "resume"}),
    ("S08", GOOD, [], {"stream": False}),
    ("S08", refused(502), [], {"stream": False, "fallback": False}),
    ("S09", CUT_CLEANLY, [], {}),
    ("S10", CUT_CLEANLY, [], {}),
    ("S10", GOOD, [], {}),
    ("S11", GOOD, [], {}),
    ("S12", GOOD, [], {"attempts": THROUGH}),
    ("S12", refused(400), [], {}),
    ("S13", refused(400, "Blocked by the made-up filter."), [], {}),
    ("S14", GOOD, [], {"recovery": "resume"}),
    ("P01", GOOD, [], {}),
    ("P03", CUT_CLEANLY, [], {}),
    ("P04", GOOD, [], {"attempts": TWICE}),
    ("P05", GOOD, [recorded(attempts=[{"excerpt": "Bad Gateway"}])], {}),
    ("P06", GOOD, [recorded(usage={"estimated": True})], {}),
    ("P07", GOOD, [recorded(usage={"output_text": 60})], {}),
    ("P08", refused(502), [], {}),
    ("P09", refused(504), [], {}),
    ("P12", GOOD, [recorded(attempts=[{"outcome": "upstream_unreachable"}])], {}),
    ("P13", GOOD, [], {"attempts": THROUGH}),
]
BAD_ENDS = [
    ("S01", GOOD, [], {"attempts": [(0, 0.0), (0, 0.001), (0, 0.002)]}),
    ("S01", GOOD, [], {"attempts": [(0, 0.0), (0, 0.012)]}),
    ("S02", GOOD, [], {"attempts": [(0, n / 1000) for n in range(5)]}),
    ("S02", GOOD, [], {"attempts": [(0, float(n)) for n in range(7)]}),
    ("S03", GOOD, [], {"attempts": THROUGH}),
    ("S04", refused(500), [], {"fallback": False}),
    ("S04", CUT_SILENTLY, [], {}),
    ("S06", late(GOOD, 9.0), [], {}),
    ("S06", GOOD, [], {"attempts": TWICE}),
    ("S07", late(GOOD, 9.0), [], {}),
    ("S08", CUT_SILENTLY, [], {}),
    ("S08", msgspec.structs.replace(CUT_CLEANLY, text="never said"), [], {}),
    ("S08", CUT_CLEANLY, [], {"recovery": "whole"}),
    ("S09", late(CUT_CLEANLY, 9.0), [], {}),
    ("S10", CUT_SILENTLY, [], {}),
    ("S11", late(GOOD, 9.0), [], {}),
    ("S11", msgspec.structs.replace(GOOD, output_tokens=None), [], {}),
    ("S12", GOOD, [], {"attempts": TWICE}),
    ("S12", refused(502), [], {}),
    ("S13", refused(400, "something"), [], {}),
    ("S13", refused(400, "Blocked by the made-up filter."), [], {"attempts": THROUGH}),
    ("S14", refused(400, "prefill is not supported"), [], {"recovery": "resume"}),
    ("P01", refused(500), [], {}),
    ("P01", Seen(status=200, broken="ClientPayloadError"), [], {"fallback": False}),
    ("P04", GOOD, [], {}),
    ("P05", GOOD, [recorded()], {}),
    ("P05", GOOD, [], {}),
    ("P06", GOOD, [recorded(usage={})], {}),
    ("P07", GOOD, [recorded(usage={"output_text": 100})], {}),
    ("P09", late(refused(504), 9.0), [], {}),
    ("P12", GOOD, [recorded()], {}),
    ("P13", late(GOOD, 9.0), [], {}),
]


@pytest.mark.parametrize(("row", "seen", "records", "terms"), GOOD_ENDS)
async def test_what_must_happen_passes(playing, row, seen, records, terms):
    """Each row knows its good ends."""
    await CHECKS[row](playing(row, seen, *records, **terms))


@pytest.mark.parametrize(("row", "seen", "records", "terms"), BAD_ENDS)
async def test_what_must_not_happen_is_told(playing, row, seen, records, terms):
    """Each row knows what is wrong."""
    with pytest.raises(Wrong):
        await CHECKS[row](playing(row, seen, *records, **terms))


async def test_s16_the_fallback_is_named_and_only_it_is_booked(playing):
    """S16: model, usage and record are the fallback's."""
    play = playing("S16", GOOD, recorded(), attempts=THROUGH)
    with pytest.raises(Wrong, match="the reply names"):
        await CHECKS["S16"](play)
    same = msgspec.structs.replace(GOOD, model=play.case.name)
    await CHECKS["S16"](playing("S16", same, recorded(), attempts=THROUGH))
    booked = recorded(attempts=[FAILED | {"cost_nanos": 5}])
    with pytest.raises(Wrong, match="booked"):
        await CHECKS["S16"](playing("S16", same, booked, attempts=THROUGH))


async def test_s15_the_primary_has_to_come_back(playing):
    """S15: answers from the fallback alone are not enough, and the outage is not hammered."""
    with pytest.raises(Wrong, match="not tried again"):
        await CHECKS["S15"](playing("S15", GOOD, attempts=[(1, 0.0)]))


async def test_p10_the_provider_has_to_be_used_again(playing):
    """P10: after the storm, traffic returns."""
    await CHECKS["P10"](playing("P10", GOOD, attempts=[(0, 0.0)]))
    with pytest.raises(Wrong, match="not used again"):
        await CHECKS["P10"](playing("P10", GOOD, attempts=[(1, 0.0)]))


async def test_p11_the_rejected_key_is_used_once(playing):
    """P11: an attempt with it is expected, a second one is not."""
    with pytest.raises(Wrong, match="used 0 times"):
        await CHECKS["P11"](playing("P11", GOOD))


def test_p15_only_wakes_beyond_the_limit_count():
    """P15: the next bound of the histogram decides."""
    before = {0.05: 5.0, 0.1: 5.0, float("inf"): 5.0}
    after = {0.05: 8.0, 0.1: 9.0, float("inf"): 10.0}
    assert later_than(0.06, before, after) == 1
    assert later_than(0.05, before, after) == 2
    assert later_than(0.05, {}, {}) == 0


def test_every_row_has_a_check():
    """P16 alone is not played by a client."""
    assert {fault.id for fault in FAULTS} - CHECKS.keys() == {"P16"}

"""What must happen in each row: one function per row that has more to say than `answered`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from penstock.drill.client import body_for
from penstock.drill.playing import Playing
from penstock.drill.process import Metronome
from penstock.stage.faults import BAD_KEY

Check = Callable[[Playing], Awaitable[None]]
PATIENCE: Final = 2.0
"""Seconds beyond a limit within which the answer has to be there (S06)."""
GONE_WITHIN: Final = 0.2
"""Seconds until a client's disconnect has reached the provider (G8)."""
CROWD: Final = 30
LARGE: Final = 5_000_000
LAG: Final = 0.05


async def answered(play: Playing) -> None:
    await play.answer()


async def s01(play: Playing) -> None:
    await play.answer()
    first, *others = play.scene.at(0)
    play.expect(play.attempts_within(1.5) <= 2, f"{play.attempts_within(1.5)} attempts in the first 1.5 s")
    waited = not others or others[0].at - first.at >= 1.8 * play.terms.scale
    play.expect(waited, "did not wait as told")


async def s02(play: Playing) -> None:
    await play.answer()
    play.expect(play.attempts_within(3) <= 4, f"{play.attempts_within(3)} attempts in 3 s")
    play.expect(play.primary <= 6, f"{play.primary} attempts")


async def s03(play: Playing) -> None:
    play.complete(await play.ask())
    play.expect(play.primary == 2, f"{play.primary} attempts on the primary")
    play.expect(play.fallback == 0, "went to the fallback")


async def s04(play: Playing) -> None:
    seen = await play.answer()
    play.expect(play.primary <= 6, f"{play.primary} attempts")
    play.expect(seen.answered or seen.status == 503, f"status {seen.status} instead of the original error")


async def s05(play: Playing) -> None:
    play.complete(await play.ask())


async def s06(play: Playing) -> None:
    seen = await play.answer()
    limit = play.terms.timeouts.first_token + PATIENCE + play.terms.noise
    play.expect(play.primary == 1, f"{play.primary} attempts on the silent target")
    play.expect(seen.took <= limit, f"{seen.took:.1f} s")


async def s07(play: Playing) -> None:
    seen = await play.answer()
    scale, first_token = play.terms.scale, play.terms.timeouts.first_token
    limit = min(20 * scale, first_token) + 5 * scale + play.terms.noise
    play.expect(seen.took <= limit, f"{seen.took:.1f} s")


async def s08(play: Playing) -> None:
    seen = await play.ask()
    if play.case.stream and (play.case.recovery == "off" or not play.terms.has_fallback):
        play.broken_off(seen)
    elif play.terms.has_fallback:
        play.complete(seen)
    else:
        play.expect(seen.failed_cleanly, "neither an answer nor a clear error")


async def s09(play: Playing) -> None:
    await s08(play)
    timeouts = play.terms.timeouts
    limit = max(timeouts.idle, timeouts.first_token) + PATIENCE + play.terms.noise
    play.expect(play.seen[-1].took <= limit, f"noticed after {play.seen[-1].took:.1f} s")
    play.expect(await play.client.alive() < PATIENCE, "not healthy afterwards")


async def s10(play: Playing) -> None:
    seen = await play.ask()
    if seen.ended:
        play.complete(seen)
    else:
        play.broken_off(seen)
    play.expect(await play.client.alive() < PATIENCE, "not healthy afterwards")


async def s11(play: Playing) -> None:
    seen = await play.ask()
    play.expect(seen.answered, "not answered")
    play.complete(seen)
    play.expect(seen.took <= 1 + play.terms.noise, f"ended after {seen.took:.1f} s")
    play.expect(seen.output_tokens == 60, f"usage {seen.output_tokens} instead of 60")


async def s12(play: Playing) -> None:
    seen = await play.ask()
    play.expect(play.primary == 1, f"{play.primary} attempts on the model that is too small")
    if seen.answered:
        play.complete(seen)
    else:
        play.expect(seen.status == 400, f"status {seen.status}")


async def s13(play: Playing) -> None:
    seen = await play.ask()
    play.expect((play.primary, play.fallback) == (1, 0), f"{play.primary} + {play.fallback} attempts")
    play.expect(seen.status == 400, f"status {seen.status}")
    play.expect("made-up filter" in str(seen.error), f"the reason is lost: {seen.error}")


async def s14(play: Playing) -> None:
    seen = await play.ask()
    play.expect("prefill" not in str(seen.error), "the client sees the prefill's 400")
    if play.terms.has_fallback:
        play.complete(seen)


async def s15(play: Playing) -> None:
    """The outage begins with the first request; one more every 4 s until the primary is back."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < 90 * play.terms.scale + play.terms.noise:
        seen = await play.answer()
        if "primary" in seen.model or seen.headers.get("x-penstock-target", "").split("/")[0].endswith("-0"):
            break
        await play.pause(4)
    outage = [a for a in play.scene.at(0) if a.at - began < 60 * play.terms.scale]
    back = [a.at - began for a in play.scene.at(0) if a.at - began >= 60 * play.terms.scale]
    play.expect(len(outage) <= 6, f"{len(outage)} attempts on the primary in the outage")
    play.expect(back, "the primary was not tried again within 30 s of its recovery")


async def s16(play: Playing) -> None:
    seen = await play.answer()
    if not seen.answered:
        return
    record = await play.record(seen)
    play.expect(
        record.get("target", "").__str__().split("/")[0].endswith("-1"), f"target {record.get('target')}"
    )
    play.expect(seen.model == play.scene.at(1)[-1].turn.model, f"the reply names {seen.model}")
    play.expect(seen.output_tokens == 60, f"usage {seen.output_tokens} instead of 60")
    failed = [a for a in attempts_of(record) if a.get("outcome", "ok") != "ok"]
    play.expect(failed, "the failed attempts are not in the record")
    play.expect(not any(a.get("usage") or a.get("cost_nanos") for a in failed), "a failed attempt is booked")


async def p04(play: Playing) -> None:
    seen = await play.ask()
    play.complete(seen)
    play.expect(play.primary + play.fallback == 2, f"{play.primary} + {play.fallback} attempts")


async def p05(play: Playing) -> None:
    record = await play.record(await play.answer())
    excerpts = [str(attempt.get("excerpt", "")) for attempt in attempts_of(record)]
    play.expect(any("Bad Gateway" in excerpt for excerpt in excerpts), "no excerpt in the record")


async def p06(play: Playing) -> None:
    seen = await play.ask()
    play.complete(seen)
    usage = (await play.record(seen)).get("usage")
    play.expect(isinstance(usage, dict) and usage.get("estimated"), f"usage in the record: {usage}")


async def p07(play: Playing) -> None:
    seen = await play.ask()
    play.complete(seen)
    usage = (await play.record(seen)).get("usage")
    booked = usage.get("output_text") if isinstance(usage, dict) else None
    play.expect(booked == 60, f"{booked} output tokens booked instead of 60")


async def p08(play: Playing) -> None:
    seen = await play.ask()
    play.expect(seen.answered or seen.failed_cleanly, "neither an answer nor a clear error")
    play.expect(await play.client.alive() < PATIENCE, "not healthy afterwards")


async def p09(play: Playing) -> None:
    seen = await play.ask()
    limit = play.terms.timeouts.total + PATIENCE + play.terms.noise
    play.expect(seen.took <= limit, f"{seen.took:.1f} s")
    play.expect(seen.answered or seen.failed_cleanly, "neither an answer nor a clear error")


async def p10(play: Playing) -> None:
    await play.answer()
    play.expect(play.attempts_within(3) <= 4, f"{play.attempts_within(3)} attempts in 3 s")
    loop = asyncio.get_running_loop()
    until = loop.time() + 60 * play.terms.scale + PATIENCE + play.terms.noise
    while loop.time() < until:
        await play.pause(2)
        before = play.primary
        await play.answer()
        if play.primary > before and play.scene.at(0)[-1].turn.elapsed >= 20 * play.terms.scale:
            return
    play.expect(holds=False, otherwise="the provider was not used again after the storm")


async def p11(play: Playing) -> None:
    for _ in range(3):
        play.complete(await play.ask())
    bad = sum(BAD_KEY in arrival.key for arrival in play.scene.at(0))
    play.expect(bad == 1, f"the rejected key was used {bad} times")
    play.expect(play.fallback == 0, "went to the fallback although a key was left")


async def p12(play: Playing) -> None:
    seen = await play.ask()
    play.complete(seen)
    outcomes = {
        str(a.get("outcome")) for a in attempts_of(await play.record(seen)) if a.get("outcome", "ok") != "ok"
    }
    play.expect(outcomes == {"upstream_unreachable"}, f"outcomes {sorted(outcomes)}")


async def p13(play: Playing) -> None:
    seen = await play.answer()
    play.expect(seen.took <= play.terms.timeouts.total + play.terms.noise, f"{seen.took:.1f} s")
    play.expect(play.primary <= 6, f"{play.primary} attempts")


async def p14(play: Playing) -> None:
    """The client leaves before the headers, before the content, and in the middle of it."""
    for stay in (0.15, 0.4, 1.5) if play.case.stream else (0.15,):
        before = len(play.scene.arrivals)
        booked = await play.client.attempts_booked()
        left = await leave(play, stay)
        await asyncio.sleep(GONE_WITHIN + play.terms.noise)
        came = play.scene.arrivals[before:]
        play.expect(len(came) == 1, f"{len(came)} attempts")
        late = (came[0].gone_at or float("inf")) - left
        play.expect(late <= GONE_WITHIN + play.terms.noise, f"the provider was cancelled {late:.2f} s later")
        booked = await play.client.attempts_booked() - booked
        play.expect(booked <= 1, f"booked {booked} times")
        play.expect(booked or stay < 1, "what was used is not booked")


async def leave(play: Playing, stay: float) -> float:
    """Ask, stay so many seconds, and go; returns when that was."""
    case = play.case
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(stay):
            async with play.client.post(case.dialect, case.name, stream=case.stream) as reply:
                await reply.read()
    except TimeoutError:
        return loop.time()
    play.expect(holds=False, otherwise="it was over before the client could leave")
    return 0.0


async def p15(play: Playing) -> None:
    body = body_for(play.case.dialect, play.case.name, stream=play.case.stream, prompt="word " * (LARGE // 5))
    before = await play.client.late_wakes()
    async with Metronome() as metronome:
        async with asyncio.TaskGroup() as crowd:
            for _ in range(CROWD):
                crowd.create_task(play.client.send_and_leave(play.case.dialect, body))
        await asyncio.sleep(1.0)
    limit = LAG + play.terms.noise + metronome.late
    late = later_than(limit, before, await play.client.late_wakes())
    play.expect(not late, f"the event loop was late by more than {limit * 1000:.0f} ms, {late} times")
    play.expect(await play.client.alive() < PATIENCE, "not healthy afterwards")


def later_than(limit: float, before: Mapping[float, float], after: Mapping[float, float]) -> int:
    """How many wakes in between were later than so many seconds; both count all up to each bound."""
    within = min((bound for bound in after if bound >= limit), default=float("inf"))
    new = {bound: after[bound] - before.get(bound, 0.0) for bound in after}
    return int(new[float("inf")] - new[within]) if new else 0


def attempts_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:  # wire: the record as JSON
    return list(record.get("attempts", ()))


CHECKS: Final[Mapping[str, Check]] = {
    "S01": s01,
    "S02": s02,
    "S03": s03,
    "S04": s04,
    "S05": s05,
    "S06": s06,
    "S07": s07,
    "S08": s08,
    "S09": s09,
    "S10": s10,
    "S11": s11,
    "S12": s12,
    "S13": s13,
    "S14": s14,
    "S15": s15,
    "S16": s16,
    "P01": answered,
    "P02": answered,
    "P03": s08,
    "P04": p04,
    "P05": p05,
    "P06": p06,
    "P07": p07,
    "P08": p08,
    "P09": p09,
    "P10": p10,
    "P11": p11,
    "P12": p12,
    "P13": p13,
    "P14": p14,
    "P15": p15,
}
"""Rows without an entry are not played by a client alone: P16."""

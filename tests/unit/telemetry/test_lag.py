import pytest

from penstock.telemetry.lag import EVERY, measure


async def test_lag_is_the_time_beyond_what_was_asked_for() -> None:
    """G9: a sleep that took longer than it should is reported with the difference, never below 0."""
    now, seen = [10.0], []
    oversleeps = iter((0.0, 0.25, -0.01))

    async def sleep(seconds: float) -> None:
        now[0] += seconds + next(oversleeps)

    with pytest.raises(RuntimeError):
        await measure(seen.append, lambda: now[0], sleep)
    assert seen == pytest.approx([0.0, 0.25, 0.0])
    assert EVERY > 0

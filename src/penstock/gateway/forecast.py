"""What a budget's period will probably have cost at its end, with an interval."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Final

import msgspec

HOUR: Final = 3600.0
DAYS_ENOUGH: Final = 7
"""From so many days of history on, days are compared instead of hours: nights and noons even out."""
Z80: Final = 1.2816
"""Standard deviations on each side of 80 % of a normal distribution."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Nano-dollars at the period's end."""

    expected: int
    low: int
    """In one of ten such periods it is less, in one of ten more than `high`."""
    high: int
    samples: int
    """Hours or days that it rests on."""


def forecast(spent: int, hourly: Sequence[tuple[int, int]], now: float, until: float) -> Forecast:
    """Carry spending on to `until`, as it was in the hours before `now` (both Unix seconds).

    `spent` is that of the period, `hourly` are (hour, nano-dollars), where an hour is Unix seconds // 3,600;
    hours without spending may be left out. The interval holds the spread of the hours (or days) to come, and
    that of their mean, which is only known from the samples: var = n s² + n² s² / m.
    """
    samples, length = _samples(hourly, now)
    left = max(0.0, until - now) / length
    if not samples or not left:
        return Forecast(expected=spent, low=spent, high=spent, samples=len(samples))
    mean = fmean(samples)
    spread = stdev(samples) if len(samples) > 1 else mean
    width = Z80 * spread * math.sqrt(left + left * left / len(samples))
    return Forecast(
        expected=spent + round(left * mean),
        low=spent + max(0, round(left * mean - width)),
        high=spent + round(left * mean + width),
        samples=len(samples),
    )


def _samples(hourly: Sequence[tuple[int, int]], now: float) -> tuple[list[int], float]:
    """Spending per hour or day from the first hour that has any to the last complete one; and its seconds."""
    spent = dict(hourly)
    this = int(now // HOUR)
    first = min(spent, default=this)
    hours = [spent.get(hour, 0) for hour in range(first, this)] or list(spent.values())
    days = len(hours) // 24
    if days < DAYS_ENOUGH:
        return hours, HOUR
    recent = hours[-24 * days :]
    return [sum(recent[24 * day : 24 * day + 24]) for day in range(days)], 24 * HOUR

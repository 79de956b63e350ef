"""Forecasts of a period's spending."""

import random

import pytest

from penstock.gateway.forecast import forecast

NOON = 1_000_000 * 3600.0
NOW_HOUR = 1_000_000


def test_nothing_spent_is_nothing_forecast():
    """Without history there is no interval either."""
    made = forecast(0, [], NOON, NOON + 3600)
    assert (made.expected, made.low, made.high, made.samples) == (0, 0, 0, 0)


def test_at_the_end_it_is_what_was_spent():
    """No time is left."""
    assert forecast(7, [(NOW_HOUR - 1, 5)], NOON, NOON).expected == 7


def test_steady_spending_goes_on_without_spread():
    """100 an hour for 10 hours, 5 hours left: 500 more, for certain."""
    hourly = [(NOW_HOUR - n, 100) for n in range(10, 0, -1)]
    made = forecast(1000, hourly, NOON, NOON + 5 * 3600)
    assert (made.expected, made.low, made.high, made.samples) == (1500, 1500, 1500, 10)


def test_hours_without_spending_count_as_zero():
    """One of two hours: half of it on average, and a wide interval that never falls below what was spent."""
    made = forecast(100, [(NOW_HOUR - 2, 100)], NOON, NOON + 4 * 3600)
    assert made.expected == 300
    assert made.low == 100
    assert made.high > 300


def test_a_single_hour_is_as_uncertain_as_it_is_large():
    """The hour under way is all there is."""
    made = forecast(100, [(NOW_HOUR, 100)], NOON + 60, NOON + 3660)
    assert made.samples == 1
    assert made.low == 100


def test_days_even_out_nights_and_noons():
    """From a week on, days are compared: a daily rhythm is no uncertainty."""
    hourly = [(NOW_HOUR - n, 2400 if n % 24 == 12 else 0) for n in range(24 * 8, 0, -1)]
    made = forecast(0, [each for each in hourly if each[1]], NOON, NOON + 2 * 86_400)
    assert made.samples == 7
    assert (made.expected, made.low, made.high) == (4800, 4800, 4800)


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_holds_what_it_promises(seed):
    """Of simulated futures, about 80 % end within the interval."""
    draw = random.Random(seed)
    inside = 0
    for _ in range(300):
        hourly = [(NOW_HOUR - n, int(draw.gauss(1000, 300))) for n in range(100, 0, -1)]
        made = forecast(0, hourly, NOON, NOON + 24 * 3600)
        end = sum(int(draw.gauss(1000, 300)) for _ in range(24))
        inside += made.low <= end <= made.high
    assert 0.72 <= inside / 300 <= 0.9

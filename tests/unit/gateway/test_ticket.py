"""What callers are told of limits."""

import math

import pytest

from penstock.config.tree import Budget
from penstock.domain.counting import NEVER, SOON, Claim, Standing
from penstock.gateway.ticket import Gauge, Ticket, duration, plan_of, refusal


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.12, "120ms"), (1, "1s"), (1.5, "1.5s"), (60, "1m0s"), (361, "6m1s"), (3600, "1h0m0s")],
)
def test_times_are_written_as_openai_does(seconds, text):
    """Clients parse them."""
    assert duration(seconds) == text


def gauge(figure="requests_per_minute", unit="requests", limit=10, **more):
    claim = Claim(key=figure, unit=unit, limit=limit, window=60.0)
    return Gauge(claim=claim, scope="key", name="ci", figure=figure, **more)


def money(limit, **more):
    return gauge("day", "nanos", limit, budget=Budget(scope="key", usd=1), **more)


def told(gauges, used, waits=None):
    waits = tuple(waits or [0.0] * len(gauges))
    return Ticket(plan_of(gauges), Standing(hold=None, used=tuple(used), waits=waits)).headers(1000.0)


def test_the_tightest_of_several_is_told():
    """Of two limits on requests the one with the least left in proportion; all are in RateLimit."""
    hour = gauge("requests_per_hour", limit=1000)
    headers = told([gauge(), hour], [1, 999])
    assert headers["x-ratelimit-limit-requests"] == "1000"
    assert headers["x-ratelimit-remaining-requests"] == "1"
    assert headers["ratelimit"].count(";r=") == 2
    assert told([hour, gauge()], [999, 1])["x-ratelimit-remaining-requests"] == "1"


def test_tokens_alone_fill_the_common_header():
    """X-RateLimit-* is about requests, where there is such a limit."""
    assert told([gauge("tokens_per_day", "tokens", 500)], [100])["x-ratelimit-remaining"] == "400"


def test_slots_alone_have_no_reset():
    """Nobody knows when others end."""
    headers = told([gauge("concurrency", "slots", 5)], [5], [SOON])
    assert headers == {
        "ratelimit": '"key_concurrency";r=0',
        "ratelimit-policy": '"key_concurrency";q=5;qu="concurrent-requests"',
    }


def test_of_several_budgets_the_one_with_the_least_left_is_told():
    """In dollars; what is overdrawn has nothing left."""
    assert told([money(5_000), money(9_000)], [1, 2])["x-penstock-budget-remaining-usd"] == "0.000004999"
    assert told([money(5_000), money(9_000)], [1, 9_999])["x-penstock-budget-remaining-usd"] == "0.00"


@pytest.mark.parametrize(
    ("of", "wait", "code", "status", "after"),
    [
        (gauge(), 7.0, "limit_key_requests_per_minute", 429, 7.0),
        (gauge("concurrency", "slots"), SOON, "limit_key_concurrency", 429, 1.0),
        (gauge("tokens_per_minute", "tokens"), NEVER, "limit_key_tokens_per_minute", 429, None),
        (money(5, resets=1060.0), NEVER, "budget_key_day", 402, 60.0),
        (money(5, resets=900.0), NEVER, "budget_key_day", 402, 0.0),
        (money(5, resets=math.inf), NEVER, "budget_key_day", 402, None),
        (money(5), SOON, "budget_key_day", 429, 1.0),
    ],
)
def test_a_refusal_says_whose_limit_and_until_when(of, wait, code, status, after):
    """G11: error.code and Retry-After."""
    failure = refusal(of, wait, 1000.0)
    assert (failure.code, failure.status, failure.retry_after) == (code, status, after)
    assert "'ci'" in failure.message

"""What limits and budgets said of one request, and how a caller is told (G11)."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from penstock import failures
from penstock.config.tree import Budget, Scope
from penstock.domain.counting import Claim, Hold, Standing
from penstock.domain.money import usd


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """One counter as a request sees it: what is counted, of whom, and how patient one may be."""

    claim: Claim
    scope: Scope
    name: str
    """The key's, the user's, ... name."""
    figure: str
    """requests_per_minute, ..., concurrency, or the period of a budget."""
    wait_up_to: float = 0.0
    """Seconds."""
    budget: Budget | None = None
    resets: float = math.inf
    """Unix seconds at which a budget begins anew."""

    @property
    def label(self) -> str:
        return f"{self.scope}_{self.figure}"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All counters of one kind of request."""

    gauges: tuple[Gauge, ...]
    claims: tuple[Claim, ...]
    policy: str
    """The header RateLimit-Policy."""
    items: tuple[str, ...]
    """The beginning of each counter's item in the header RateLimit."""
    until: float
    """Unix seconds from which on its budgets are those of another period."""


def plan_of(gauges: Sequence[Gauge]) -> Plan:
    """Put counters together."""
    return Plan(
        gauges=tuple(gauges),
        claims=tuple(gauge.claim for gauge in gauges),
        policy=", ".join(_policy(gauge) for gauge in gauges if gauge.budget is None),
        items=tuple(f'"{gauge.label}";r=' for gauge in gauges),
        until=min((gauge.resets for gauge in gauges), default=math.inf),
    )


def _policy(gauge: Gauge) -> str:
    """One item of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10)."""
    claim = gauge.claim
    if claim.unit == "slots":
        return f'"{gauge.label}";q={claim.limit};qu="concurrent-requests"'
    unit = "" if claim.unit == "requests" else ';qu="tokens"'
    return f'"{gauge.label}";q={claim.limit}{unit};w={claim.window:.0f}'


LATEST: Final = 1.0
"""Seconds to wait for others that run: nobody knows when they end."""


class Ticket:
    """One request's admission. `hold` is None when it was refused."""

    __slots__ = ("allowed", "ended", "hold", "plan", "position", "standing")

    def __init__(self, plan: Plan, standing: Standing, position: int = 0, allowed: int | None = None) -> None:
        """`position`: in the line where it waited, 0 for none; `allowed`: what strict budgets hold for it."""
        self.plan = plan
        self.standing = standing
        self.hold: Hold | None = standing.hold
        self.position = position
        self.allowed = allowed
        self.ended = False

    def check_attempt(self, spent: int | None) -> None:
        """Refuse another attempt once earlier ones cost something and a strict budget holds for one only.

        Raises BudgetExhausted.
        """
        if self.allowed is not None and spent != 0:
            raise failures.BudgetExhausted(
                "Earlier attempts have used what the budget holds for this request."
            )

    def headers(self, now: float) -> Mapping[str, str]:
        """How the tightest limits stand, in the three ways that clients know. `now`: Unix seconds."""
        headers: dict[str, str] = {}
        items: list[str] = []
        tightest: dict[str, tuple[float, Gauge, int, float]] = {}
        plan, standing = self.plan, self.standing
        for gauge, item, used, wait in zip(
            plan.gauges, plan.items, standing.used, standing.waits, strict=True
        ):
            claim = gauge.claim
            left = claim.limit - used if claim.limit > used else 0
            unit = claim.unit
            if unit == "nanos":
                _tell_least(headers, left)
            elif unit == "slots":
                items.append(f"{item}{left}")
            else:
                # Until the request would fit, or, where it did, until all is free again.
                reset = wait if 0 < wait < math.inf else claim.window
                items.append(f"{item}{left};t={math.ceil(reset)}")
                share = left / claim.limit
                if unit not in tightest or share < tightest[unit][0]:
                    tightest[unit] = (share, gauge, left, reset)
        if items:
            headers["ratelimit-policy"] = self.plan.policy
            headers["ratelimit"] = ", ".join(items)
        for what, (_, gauge, left, reset) in tightest.items():
            headers[f"x-ratelimit-limit-{what}"] = str(gauge.claim.limit)
            headers[f"x-ratelimit-remaining-{what}"] = str(left)
            headers[f"x-ratelimit-reset-{what}"] = duration(reset)
        if tightest:
            _, gauge, left, reset = tightest.get("requests") or tightest["tokens"]
            headers["x-ratelimit-limit"] = str(gauge.claim.limit)
            headers["x-ratelimit-remaining"] = str(left)
            headers["x-ratelimit-reset"] = str(math.ceil(now + reset))
        if self.position:
            headers["x-penstock-queue-position"] = str(self.position)
        return headers


def _tell_least(headers: dict[str, str], left: int) -> None:
    """Of several budgets, tell of the one with the least left."""
    told = headers.get("x-penstock-budget-remaining-usd")
    if told is None or left < float(told) * 1e9:
        headers["x-penstock-budget-remaining-usd"] = usd(left)


def duration(seconds: float) -> str:
    """Write a time as OpenAI does: 120ms, 1.5s, 6m0s, 1h0m0s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    if not minutes:
        return f"{rest:g}s"
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}h{minutes}m{rest:g}s" if hours else f"{minutes}m{rest:g}s"


def refusal(gauge: Gauge, wait: float, now: float) -> failures.Failure:
    """Make the failure for a counter without room. `now` is in Unix seconds."""
    whose = f"the {gauge.scope} {gauge.name!r}"
    if gauge.budget is not None:
        return _out_of_money(gauge, whose, wait, now)
    most = f"the limit of {gauge.claim.limit} {_WORDS[gauge.figure]} of {whose}"
    if wait == math.inf:
        failure = failures.LimitReached(f"The request alone is over {most}.")
        failure.headers = {"x-should-retry": "false"}
    else:
        failure = failures.LimitReached(
            f"{most[0].upper()}{most[1:]} is reached.", retry_after=wait if wait > 0 else LATEST
        )
    failure.code = f"limit_{gauge.label}"
    return failure


def _out_of_money(gauge: Gauge, whose: str, wait: float, now: float) -> failures.Failure:
    amount = f"The budget of ${usd(gauge.claim.limit)} per {gauge.figure} of {whose}"
    if wait < 0:
        failure: failures.Failure = failures.LimitReached(
            f"{amount} is held by other requests under way.", retry_after=LATEST
        )
    else:
        resets = None if gauge.resets == math.inf else max(0.0, gauge.resets - now)
        failure = failures.BudgetExhausted(f"{amount} does not cover this request.", retry_after=resets)
    failure.code = f"budget_{gauge.label}"
    return failure


_WORDS: Final = {
    "requests_per_minute": "requests per minute",
    "requests_per_hour": "requests per hour",
    "tokens_per_minute": "tokens per minute",
    "tokens_per_day": "tokens per day",
    "concurrency": "requests at once",
}

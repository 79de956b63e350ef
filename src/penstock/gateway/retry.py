"""What to do after a failed attempt (G10, G12): pure decisions, and the budget for retries."""

from collections.abc import Callable
from enum import Enum

from penstock import failures
from penstock.config.tree import Retries


class Step(Enum):
    """Where the next attempt goes."""

    SAME = "the same target again"
    OTHER_KEY = "another key of the same target"
    OTHER = "the next target"
    LARGER = "the next target with a larger context"
    STOP = "nowhere: the failure is the caller's to see"


# The first word of G10's table for each failure; what may be repeated on the same target is in REPEATS.
STEPS: dict[type[failures.Failure], Step] = {
    failures.RateLimited: Step.SAME,
    failures.QuotaExhausted: Step.OTHER_KEY,
    failures.TooLargeForLimit: Step.OTHER,
    failures.Overloaded: Step.OTHER,
    failures.ServerFault: Step.SAME,
    failures.Unreachable: Step.SAME,
    failures.Disconnected: Step.SAME,
    failures.InvalidAnswer: Step.SAME,
    failures.Truncated: Step.SAME,
    failures.Diverged: Step.OTHER,
    failures.FirstTokenTimeout: Step.OTHER,
    failures.IdleTimeout: Step.OTHER,
    failures.ContextLength: Step.LARGER,
    failures.KeyRejected: Step.OTHER_KEY,
    failures.ModelMissing: Step.OTHER,
}
COUNTS_AGAINST_TARGET = (
    failures.Overloaded,
    failures.ServerFault,
    failures.Unreachable,
    failures.Disconnected,
    failures.InvalidAnswer,
    failures.Truncated,
    failures.FirstTokenTimeout,
    failures.IdleTimeout,
)
BETTER_ELSEWHERE = (failures.Overloaded, failures.Truncated)
"""Provider-wide, or dear to repeat where it just happened."""
PATIENCE = 30.0
"""Seconds: a longer wait is better made by the caller, who is told how long."""


def wait_before_retry(
    failure: failures.Failure,
    tries: int,
    settings: Retries,
    *,
    elsewhere: bool,
    remaining: float,
    jitter: Callable[[float, float], float],
) -> float | None:
    """Return the seconds to wait before the same target is tried again; None: it is not.

    `tries` counts the attempts made on this target, `elsewhere` says whether another target is
    left, `remaining` is the time to the deadline in seconds.
    """
    limit = min(settings.attempts, 2) if elsewhere and not _is_unpaced(failure) else settings.attempts
    if tries >= limit or not failure.retryable:
        return None
    if elsewhere and isinstance(failure, BETTER_ELSEWHERE):
        return None
    if failure.retry_after:
        patient = failure.retry_after <= min(PATIENCE, remaining)
        return failure.retry_after + jitter(0.0, 0.1) if patient and not elsewhere else None
    wait = jitter(0.0, min(settings.max_delay, settings.base_delay * 2 ** (tries - 1)))
    return wait if wait < remaining else None


def _is_unpaced(failure: failures.Failure) -> bool:
    return isinstance(failure, failures.RateLimited) and not failure.retry_after


class RetryBudget:
    """Retries may be a share of all requests, and a few per second where traffic is thin."""

    RESERVE = 100.0
    PER_SECOND = 10.0

    def __init__(self, share: float, clock: Callable[[], float]) -> None:
        self._share = share
        self._clock = clock
        self._tokens = self.RESERVE
        self._seen = clock()

    def request(self) -> None:
        """A request came: its share is added."""
        self._tokens = min(self.RESERVE, self._tokens + self._share)

    def take(self) -> bool:
        """Take one retry; False when there is none left."""
        now = self._clock()
        self._tokens = min(self.RESERVE, self._tokens + (now - self._seen) * self.PER_SECOND)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

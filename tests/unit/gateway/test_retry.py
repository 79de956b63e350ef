"""What is decided after a failed attempt."""

import pytest

from penstock import failures
from penstock.config.tree import Retries
from penstock.gateway.retry import RetryBudget, wait_before_retry


def wait(
    failure: failures.Failure, tries: int = 1, *, elsewhere: bool = False, remaining: float = 600.0
) -> float | None:
    return wait_before_retry(
        failure, tries, Retries(), elsewhere=elsewhere, remaining=remaining, jitter=lambda _, high: high
    )


@pytest.mark.parametrize(
    "kind", [failures.ServerFault, failures.Disconnected, failures.Unreachable, failures.InvalidAnswer]
)
def test_a_passing_fault_is_tried_again(kind: type[failures.UpstreamFailure]) -> None:
    """S03, S05, P04: a fault that may pass is retried on the same target."""
    assert wait(kind("x")) == 0.5
    assert wait(kind("x"), elsewhere=True) == 0.5


def test_waits_grow_with_full_jitter() -> None:
    """G12: each wait's upper end doubles."""
    assert wait(failures.ServerFault("x"), tries=2) == 1.0


@pytest.mark.parametrize(
    "kind",
    [
        failures.Rejected,
        failures.ContentFilter,
        failures.ContextLength,
        failures.QuotaExhausted,
        failures.TooLargeForLimit,
    ],
)
def test_what_cannot_get_better_is_not_tried_again(kind: type[failures.UpstreamFailure]) -> None:
    """G10, S12, S13: refusals of the request itself are never retried."""
    assert wait(kind("x")) is None


def test_a_silent_target_is_not_tried_twice() -> None:
    """G7, S06: a target that said nothing within the limit is left."""
    assert wait(failures.FirstTokenTimeout("x")) is None


def test_retry_after_is_waited_for() -> None:
    """G11, S01: the provider's own time is kept, with a little jitter on top."""
    assert wait(failures.RateLimited("x", retry_after=2)) == pytest.approx(2.1)


def test_another_target_is_better_than_waiting() -> None:
    """S01: with another target there is no waiting for this one."""
    assert wait(failures.RateLimited("x", retry_after=2), elsewhere=True) is None


def test_a_rate_limit_without_a_time_is_tried_again() -> None:
    """S02: some tries with jitter, then the next target."""
    assert wait(failures.RateLimited("x"), tries=2, elsewhere=True) == 1.0
    assert wait(failures.RateLimited("x"), tries=3, elsewhere=True) is None


def test_a_day_is_not_waited_for() -> None:
    """P13: a wait beyond the deadline, or beyond patience, is the caller's."""
    assert wait(failures.RateLimited("x", retry_after=86400)) is None
    assert wait(failures.RateLimited("x", retry_after=20), remaining=10) is None


def test_no_retry_after_the_deadline() -> None:
    """G7: one deadline holds for all attempts."""
    assert wait(failures.ServerFault("x"), remaining=0.4) is None


def test_an_overloaded_provider_is_left_for_another() -> None:
    """G10, P02, P10: 529 is provider-wide; it is waited out only where there is nothing else."""
    assert wait(failures.Overloaded("x"), elsewhere=True) is None
    assert wait(failures.Overloaded("x")) == 0.5


def test_retries_are_a_share_of_the_requests() -> None:
    """G12: a storm of failures does not become a storm of retries."""
    now = 0.0
    budget = RetryBudget(0.25, lambda: now)
    taken = sum(budget.take() for _ in range(1000))
    assert taken == 100
    for _ in range(20):
        budget.request()
    assert [budget.take() for _ in range(6)].count(True) == 5


def test_thin_traffic_may_retry_too() -> None:
    """G12: where requests are few, some retries per second are allowed."""
    now = [0.0]
    budget = RetryBudget(0.1, lambda: now[0])
    while budget.take():
        pass
    now[0] += 1
    assert sum(budget.take() for _ in range(100)) == 10

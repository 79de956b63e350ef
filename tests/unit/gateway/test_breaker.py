"""Circuits: when they open, how they let probes through, when they close."""

import pytest

from penstock.config.tree import Circuit as Settings
from penstock.gateway.breaker import Circuit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def circuit(clock: Clock, jitter: float = 1.0, **settings: float) -> Circuit:
    return Circuit(Settings(**settings), clock, lambda: jitter)  # type: ignore[arg-type]


def call(made: Circuit, *, fails: bool, seconds: float = 0.1) -> None:
    made.enter()
    if fails:
        made.failed()
    else:
        made.succeeded(seconds)


def test_failures_in_a_row_open_it(clock: Clock) -> None:
    """G13: three failed calls in a row are enough, however thin the traffic."""
    made = circuit(clock)
    call(made, fails=True)
    call(made, fails=True)
    assert made.state == "closed"
    call(made, fails=True)
    assert made.state == "open"
    assert not made.allows()


def test_a_success_between_failures_keeps_it_closed(clock: Clock) -> None:
    """G13: failures that alternate with answers do not open it while there are few calls."""
    made = circuit(clock)
    for _ in range(6):
        call(made, fails=True)
        call(made, fails=False)
    assert made.state == "closed"


def test_the_failure_rate_opens_it_from_the_minimum_of_calls(clock: Clock) -> None:
    """G13: half of twenty calls failing opens it."""
    made = circuit(clock, consecutive=100)
    for _ in range(10):
        call(made, fails=False)
    for _ in range(9):
        call(made, fails=True)
    assert made.state == "closed"
    call(made, fails=True)
    assert made.state == "open"


def test_slow_answers_open_it(clock: Clock) -> None:
    """G13: a target that answers, but too late, is left alone too."""
    made = circuit(clock, minimum_calls=5, slow_call=10.0)
    for _ in range(4):
        call(made, fails=False, seconds=11)
    assert made.state == "closed"
    call(made, fails=False, seconds=11)
    assert made.state == "open"


def test_old_calls_are_forgotten(clock: Clock) -> None:
    """Only calls within the window count."""
    made = circuit(clock, consecutive=100, minimum_calls=4)
    for _ in range(3):
        call(made, fails=True)
    clock.now += 31
    call(made, fails=True)
    assert made.rates() == (1, 1, 0)
    assert made.state == "closed"


def test_half_open_lets_one_probe_through(clock: Clock) -> None:
    """G13: after its time one call is let through, and no second one beside it."""
    made = circuit(clock)
    for _ in range(3):
        call(made, fails=True)
    clock.now += made.open_for
    assert made.state == "half_open"
    assert made.allows()
    made.enter()
    assert not made.allows()


def test_a_probe_that_answers_closes_it(clock: Clock) -> None:
    """G13: one answered probe closes the circuit and forgets the past."""
    made = circuit(clock)
    for _ in range(3):
        call(made, fails=True)
    clock.now += made.open_for
    call(made, fails=False)
    assert made.state == "closed"
    assert made.open_for == 0
    assert made.rates() == (0, 0, 0)


def test_a_probe_that_fails_opens_it_for_longer(clock: Clock) -> None:
    """G13: the open time grows to its limit, with jitter below it."""
    made = circuit(clock)
    for _ in range(3):
        call(made, fails=True)
    lengths = []
    for _ in range(3):
        lengths.append(made.open_for)
        clock.now += made.open_for
        call(made, fails=True)
    assert lengths == [10, 20, 25]
    assert circuit(clock, jitter=0.0).open_for == 0


def test_jitter_shortens_the_open_time(clock: Clock) -> None:
    """G13: circuits that opened together do not probe together."""
    made = circuit(clock, jitter=0.0)
    for _ in range(3):
        call(made, fails=True)
    assert made.open_for == pytest.approx(9)


def test_an_abandoned_probe_leaves_its_place(clock: Clock) -> None:
    """A client that leaves during a probe proves nothing and blocks nothing."""
    made = circuit(clock)
    for _ in range(3):
        call(made, fails=True)
    clock.now += made.open_for
    made.enter()
    made.abandoned()
    assert made.allows()


def test_it_can_be_set_by_hand(clock: Clock) -> None:
    """G13: an administrator's word holds until it is taken back."""
    made = circuit(clock)
    made.forced = "open"
    assert not made.allows()
    assert made.open_for == float("inf")
    made.forced = "closed"
    for _ in range(3):
        call(made, fails=True)
    assert made.allows()
    made.forced = None
    assert made.state == "open"

"""What is known of one request."""

from penstock.config.tree import Timeouts
from penstock.domain.record import AttemptRecord
from penstock.gateway.run import Run


async def test_the_nearer_deadline_holds(rig, kit) -> None:
    """G7: the model's limit or the caller's, whichever comes first."""
    hot = rig({"a": kit.provider()}, {})
    model = kit.model("a/x", timeouts=Timeouts(total=10))
    for within, expected in ((None, 10), (5.0, 5), (50.0, 10)):
        ask = hot.ask(within=within)
        run = Run(ask)
        run.plan(model, [])
        assert round(run.deadline - ask.arrived) == expected


async def test_the_request_s_recovery_goes_first(rig, kit) -> None:
    """x-penstock-recovery, else the model's."""
    hot = rig({"a": kit.provider()}, {})
    for asked, expected in ((None, "resume"), ("whole", "whole")):
        run = Run(hot.ask(recovery=asked))
        run.plan(kit.model("a/x", recovery="resume"), [])
        assert run.recovery == expected


async def test_one_unknown_price_makes_the_sum_unknown(rig, kit) -> None:
    """G20: unknown is not zero."""
    run = Run(rig({"a": kit.provider()}, {}).ask())
    run.attempts.append(AttemptRecord(number=1, provider="a", model="x", cost_nanos=5))
    assert run.cost_nanos == 5
    run.attempts.append(AttemptRecord(number=2, provider="a", model="x", cost_nanos=None))
    assert run.cost_nanos is None


async def test_time_that_was_ours(rig, kit) -> None:
    """Overhead is all time but that spent waiting for providers, and never negative."""
    run = Run(rig({"a": kit.provider()}, {}).ask())
    run.pulled = 0.75
    assert run.overhead_ms(run.ask.arrived + 1.0) == 250.0
    assert run.overhead_ms(run.ask.arrived) == 0.0

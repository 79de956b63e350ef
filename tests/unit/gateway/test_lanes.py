"""The ways a model can be reached."""

import asyncio
import random

from penstock.config.tree import Model, Target
from penstock.gateway.lanes import Source, in_order


def targets(*made: Target) -> Model:
    return Model(targets=made)


def test_targets_are_tried_in_the_order_of_the_list() -> None:
    """Without weights the list is the order."""
    listed = targets(Target(provider="a", model="1"), Target(provider="b", model="2"))
    assert [t.provider for t in in_order(listed, lambda *_: 0.5)] == ["a", "b"]


def test_targets_of_one_order_share_by_weight() -> None:
    """Of the same `order`, the heavier one comes first more often; weight 0 comes last."""
    draw = random.Random(1).uniform
    listed = targets(
        Target(provider="a", model="1", order=1, weight=3),
        Target(provider="b", model="1", order=1, weight=1),
        Target(provider="z", model="1", order=1, weight=0),
        Target(provider="first", model="1", order=0),
    )
    orders = [[t.provider for t in in_order(listed, draw)] for _ in range(2000)]
    assert {order[0] for order in orders} == {"first"}
    assert {order[3] for order in orders} == {"z"}
    share = sum(order[1] == "a" for order in orders) / len(orders)
    assert 0.71 < share < 0.79


async def test_a_lane_has_a_rank(rig, kit) -> None:
    """Ready, paced, open, set aside: in that order."""
    hot = rig({"a": kit.provider()}, {})
    (lane,) = hot.lanes.of(Target(provider="a", model="x"))
    now = asyncio.get_running_loop().time()
    assert lane.rank(now) == 0
    lane.paced_until = now + 1
    assert lane.rank(now) == 1
    lane.circuit.forced = "open"
    assert lane.rank(now) == 2
    lane.aside_until = now + 1
    assert lane.rank(now) == 3


async def test_a_lane_may_be_priced_as_another_model(rig, kit) -> None:
    """price_as: a fine-tuned model has the prices of the one it was made from."""
    hot = rig({"a": kit.provider()}, {})
    (lane,) = hot.lanes.of(Target(provider="a", model="ft:x", price_as="openai/gpt-4.1-mini"))
    assert (lane.priced_by, lane.catalog, lane.priced_as) == ("openai", "openai", "gpt-4.1-mini")
    assert lane.target == "a/ft:x"


async def test_a_reload_keeps_the_lanes_of_unchanged_providers(rig, kit) -> None:
    """Circuits remember over a reload; a changed provider starts anew."""
    hot = rig({"a": kit.provider(), "b": kit.provider()}, {})
    (kept,) = hot.lanes.of(Target(provider="a", model="x"))
    (gone,) = hot.lanes.of(Target(provider="b", model="x"))
    changed = Source("b", kit.provider(), "")
    hot.lanes.reload({"a": kept.source, "b": changed})
    assert hot.lanes.of(Target(provider="a", model="x")) == [kept]
    assert hot.lanes.of(Target(provider="b", model="x")) != [gone]

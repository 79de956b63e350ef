"""Real small prompts to single targets."""

from penstock.gateway.probing import Probing


async def test_a_target_that_answers_costs_a_little(rig, kit) -> None:
    """G27: the probe goes through the gate like any request."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    problem, nanos = await Probing(hot.gateway)("a/x")
    assert problem is None
    assert nanos > 0
    assert hot.record.key_name == "probe"


async def test_a_target_that_fails_is_named_with_its_reason(rig, kit) -> None:
    """G27: the failure's code says what is wrong."""
    hot = rig({"a": kit.provider(kit.line(status=401, body="{}"))}, {})
    assert await Probing(hot.gateway)("a/x") == ("upstream_key_rejected", 0)


async def test_a_refusal_of_the_prompt_is_an_answer(rig, kit) -> None:
    """A model that takes no chat is there all the same."""
    hot = rig({"a": kit.provider(kit.line(status=400, body="{}"))}, {})
    assert await Probing(hot.gateway)("a/x") == (None, 0)

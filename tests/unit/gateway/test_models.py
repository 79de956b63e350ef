"""Names of models, and what they lead to."""

import pytest

from penstock import failures


async def test_listed_models_are_found(rig, kit) -> None:
    """The configuration's names come first and need no provider to be asked."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    assert (await hot.models.find("m")).targets[0].model == "x"
    assert await hot.models.names() == ("m",)
    assert list(hot.models.listed) == ["m"]


async def test_an_unlisted_model_of_one_provider_is_passed(rig, kit) -> None:
    """server.pass_unlisted: known to exactly one provider, it goes there."""
    providers = {"a": kit.provider(models=("x", "both")), "b": kit.provider(models=("y", "both"))}
    hot = rig(providers, {"m": kit.model("a/x")}, pass_unlisted=True)
    assert (await hot.models.find("y")).targets[0].provider == "b"
    assert await hot.models.names() == ("m", "x", "y")


async def test_an_unlisted_model_of_two_providers_is_ambiguous(rig, kit) -> None:
    """Nobody guesses: both full names are offered, and each works."""
    providers = {"a": kit.provider(models=("both",)), "b": kit.provider(models=("both",))}
    hot = rig(providers, {}, pass_unlisted=True)
    with pytest.raises(failures.UnknownModel, match="ask for a/both or b/both"):
        await hot.models.find("both")
    assert (await hot.models.find("b/both")).targets[0].provider == "b"


async def test_unlisted_models_are_refused_unless_passed(rig, kit) -> None:
    """With a file, only what is listed is served."""
    hot = rig({"a": kit.provider(models=("x",))}, {"m": kit.model("a/x")})
    with pytest.raises(failures.UnknownModel, match="Known: m"):
        await hot.models.find("zzzzzz")


async def test_providers_lists_are_believed_for_a_while(rig, kit) -> None:
    """Providers are asked once, not for every request; one that is away keeps what it said."""
    provider = kit.provider(models=("x",))
    hot = rig({"a": provider}, {}, pass_unlisted=True)
    await hot.models.find("x")

    async def away():
        raise failures.Unreachable("away")

    provider.models = away
    await hot.models.find("x")
    hot.models._asked_at = float("-inf")
    await hot.models.find("x")


async def test_a_reload_changes_the_names(rig, kit) -> None:
    """A new configuration holds from the next request on."""
    hot = rig({"a": kit.provider(models=("x",))}, {"m": kit.model("a/x")})
    hot.models.reload({"n": kit.model("a/x")}, hot.lanes.sources, pass_unlisted=True)
    assert await hot.models.names() == ("n", "x")


async def test_a_name_that_no_provider_knows(rig, kit) -> None:
    """With unlisted models passed, an unknown one is still refused, with its neighbours."""
    hot = rig({"a": kit.provider(models=("gpt-5",))}, {}, pass_unlisted=True)
    with pytest.raises(failures.UnknownModel, match="Did you mean gpt-5"):
        await hot.models.find("gpt-55")


async def test_a_model_that_can_do_what_is_asked(rig, kit) -> None:
    """`can` lets through what it names."""
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x", can=("tools",))})
    assert await hot.text(hot.ask(more={"tools": tools}))

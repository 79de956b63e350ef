"""Conversations that go on by previous_response_id."""

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.gateway.run import Run
from penstock.gateway.stored import _final_object
from penstock.wire import dialects

R = Dialect.OPENAI_RESPONSES
CODEC = dialects.of(R)


async def answered(hot, **options) -> str:
    """Ask, and return the id of the response."""
    ask = hot.ask(R, **options)
    reply = await hot.gateway.complete(ask)
    if not ask.request.stream:
        return CODEC.read_reply(reply.body).id
    b"".join([piece async for piece in reply])
    return next(reversed(hot.kept.all))


@pytest.mark.parametrize("stream", [False, True])
async def test_a_translated_conversation_goes_on(rig, kit, stream) -> None:
    """What the provider does not keep is sent along: the earlier question and answer."""
    provider = kit.provider(
        kit.line(text="First."), kit.line(text="Second."), dialects=(Dialect.OPENAI_CHAT,)
    )
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    first = await answered(hot, stream=stream)
    assert not hot.kept.all[first].native
    second = await answered(hot, stream=stream, more={"input": "And then?", "previous_response_id": first})
    sent = provider.calls[1].body
    assert sent.index(b"Say something.") < sent.index(b"First.") < sent.index(b"And then?")
    await answered(
        hot, more={"input": "And now?", "previous_response_id": second, "instructions": "Be brief."}
    )
    assert [word in provider.calls[2].body for word in (b"First.", b"Second.", b"Be brief.")] == [True] * 3


async def test_instructions_hold_for_one_request(rig, kit) -> None:
    """As at OpenAI, earlier instructions are not carried over."""
    provider = kit.provider(kit.line(text="First."), dialects=(Dialect.OPENAI_CHAT,))
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    messages = [{"role": "developer", "content": "Shout."}, {"role": "user", "content": "Hi"}]
    first = await answered(hot, more={"input": messages})
    await answered(hot, more={"previous_response_id": first})
    assert b"Shout." not in provider.calls[1].body


async def test_a_providers_own_conversation_goes_on_there(rig, kit) -> None:
    """A native response is found only where it lives."""
    providers = {"a": kit.provider(kit.line(text="A."), dialects=(R,)), "b": kit.provider(dialects=(R,))}
    models = {"m": kit.model("a/x", "b/y"), "other": kit.model("b/y")}
    hot = rig(providers, models)
    first = await answered(hot)
    assert hot.kept.all[first].native
    assert hot.kept.all[first].target == "a/x"
    await answered(hot, more={"previous_response_id": first})
    assert first.encode() in providers["a"].calls[1].body
    with pytest.raises(failures.InvalidRequest, match="is kept by a/x"):
        await answered(hot, model="other", more={"previous_response_id": first})


async def test_another_tenants_response_is_not_found(rig, kit) -> None:
    """G30: what belongs to one organization does not exist for another."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    first = await answered(hot)
    with pytest.raises(failures.NotFound):
        await answered(hot, organization="rival", more={"previous_response_id": first})


async def test_nothing_is_kept_that_is_not_to_be(rig, kit) -> None:
    """store: false, and other dialects, leave nothing behind."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    await answered(hot, more={"store": False})
    await hot.gateway.complete(hot.ask())
    assert hot.kept.all == {}


async def test_a_stream_that_failed_is_not_kept(rig, kit) -> None:
    """Only complete answers can be gone on with."""
    hot = rig({"a": kit.provider(kit.line(fault="S08"))}, {"m": kit.model("a/x")})
    reply = await hot.gateway.complete(hot.ask(R, stream=True))
    b"".join([piece async for piece in reply])
    assert hot.kept.all == {}


async def test_a_stream_without_a_final_object_is_not_kept(rig, kit) -> None:
    """An end that carries no response leaves nothing to keep."""
    assert _final_object(b": comment\n\nevent: response.created\ndata: {}\n\n", stream=True) is None


async def test_a_reply_without_its_object_is_not_kept(rig, kit) -> None:
    """A stream that was answered, but ended without carrying the response, leaves nothing to find."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    run = Run(hot.ask(R, stream=True))
    run.answer = b": comment\n\n"
    hot.gateway._stored.keep(run)
    assert hot.kept.all == {}

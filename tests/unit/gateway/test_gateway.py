"""One request through the hot room."""

import asyncio

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.providers.offline import Offline
from penstock.providers.offline import Options as OfflineOptions
from penstock.wire import dialects

CHATS = [Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("spoken", CHATS)
@pytest.mark.parametrize("asked", CHATS)
async def test_every_model_answers_in_every_dialect(rig, kit, asked, spoken, stream) -> None:
    """G18: the same text reaches the client whatever the provider speaks."""
    hot = rig({"a": kit.provider(kit.line(text="Hello there."), dialects=(spoken,))}, {"m": kit.model("a/x")})
    assert await hot.text(hot.ask(asked, stream=stream)) == "Hello there."
    assert hot.journal.kinds() == ["hold", "settle"]
    assert hot.record.status == 200
    assert hot.record.target == "a/x"
    assert hot.record.finish_reason == "stop"
    assert hot.record.usage.output_tokens > 0
    assert hot.record.cost_nanos == hot.journal.rows[-1].nanos > 0


async def test_a_whole_reply_says_what_it_cost(rig, kit) -> None:
    """Reply headers name the target, the attempts, our own time and the cost."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    reply = await hot.gateway.complete(hot.ask())
    assert reply.headers["x-penstock-target"] == "a/x"
    assert reply.headers["x-penstock-attempts"] == "1"
    assert float(reply.headers["x-penstock-overhead-ms"]) >= 0
    assert reply.headers["x-penstock-cost-usd"].startswith("0.000")


async def test_an_unknown_price_is_not_zero(rig, kit) -> None:
    """G20: a cost that is not known is left out, and recorded as unknown."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/unpriced")})
    reply = await hot.gateway.complete(hot.ask())
    assert "x-penstock-cost-usd" not in reply.headers
    assert hot.record.cost_nanos is None
    assert hot.journal.rows[-1].nanos is None


async def test_an_unknown_model_is_named_with_its_neighbours(rig, kit) -> None:
    """The nearest names are in the message, the record is kept, nothing is charged."""
    hot = rig({"a": kit.provider()}, {"gpt-4.1-mini": kit.model("a/x")})
    with pytest.raises(failures.UnknownModel, match=r"Did you mean gpt-4\.1-mini"):
        await hot.gateway.complete(hot.ask(model="gpt-4.1-mni"))
    assert hot.record.status == 404
    assert hot.journal.rows == []


async def test_what_a_model_cannot_do_is_refused(rig, kit) -> None:
    """A model without tools says so before anything is spent."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x", can=("images",))})
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    with pytest.raises(failures.InvalidRequest, match="cannot do: tools"):
        await hot.gateway.complete(hot.ask(more={"tools": tools}))
    assert hot.journal.rows == []


async def test_no_byte_before_the_hold_is_on_disk(rig, kit) -> None:
    """money.md, durable before visible: the answer waits for its hold."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    hot.journal.hold_back = True
    for stream in (False, True):
        answering = asyncio.ensure_future(hot.gateway.complete(hot.ask(stream=stream)))
        await asyncio.sleep(0.02)
        assert not answering.done()
        for promise in hot.journal.waiting:
            promise.set_result(None)
        hot.journal.waiting.clear()
        reply = await answering
        if stream:
            await reply.aclose()


async def test_a_client_that_leaves_is_booked_once(rig, kit) -> None:
    """G8, P14: cancelled before the answer, the call is settled at what it took in, with status 499."""
    hot = rig({"a": kit.provider(kit.line(wait=30), time_scale=1)}, {"m": kit.model("a/x")})
    answering = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.02)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    await hot.settled()
    assert hot.journal.kinds() == ["hold", "settle"]
    assert hot.journal.rows[-1].estimated
    assert hot.record.status == 499
    assert len(hot.recorder.records) == 1


async def test_the_callers_ceiling_is_kept(rig, kit) -> None:
    """x-penstock-max-cost-usd: a call estimated above it is refused before anything is held."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x"), "u": kit.model("a/unpriced")})
    with pytest.raises(failures.CostCeiling, match="over x-penstock-max-cost-usd"):
        await hot.gateway.complete(hot.ask(max_cost_nanos=1))
    with pytest.raises(failures.CostCeiling, match="not known"):
        await hot.gateway.complete(hot.ask(model="u", max_cost_nanos=10**9))
    assert await hot.text(hot.ask(max_cost_nanos=10**9))
    assert hot.journal.kinds() == ["hold", "settle"]


async def test_content_is_kept_only_where_it_is_asked_for(rig, kit) -> None:
    """records.content: by default neither prompt nor answer is in the record."""
    for keep in (False, True):
        hot = rig({"a": kit.provider(kit.line(text="Yes."))}, {"m": kit.model("a/x")}, keep_content=keep)
        for stream in (False, True):
            await hot.text(hot.ask(stream=stream))
            content = hot.record.content
            assert (content is not None) is keep
            if content is not None:
                assert "Say something." in content["request"]
                assert "Yes." in content["reply"]


async def test_dropped_parameters_are_named(rig, kit) -> None:
    """G15: what a target cannot take is said in a header, or refused in strict mode."""
    spoken = (Dialect.ANTHROPIC_MESSAGES,)
    models = {"m": kit.model("a/x"), "s": kit.model("a/x", strict=True)}
    hot = rig({"a": kit.provider(dialects=spoken)}, models)
    reply = await hot.gateway.complete(hot.ask(more={"logit_bias": {"1": 2}}))
    assert "logit_bias" in reply.headers["x-penstock-dropped"]
    assert "logit_bias" in hot.record.dropped
    with pytest.raises(failures.InvalidRequest, match="logit_bias"):
        await hot.gateway.complete(hot.ask(model="s", more={"logit_bias": {"1": 2}}))


async def test_large_bodies_and_replies_leave_the_loop_free(rig, kit) -> None:
    """G9: above 50 kB bodies are edited, and replies read and translated, in a thread."""
    long = "word " * 12_000
    spoken = (Dialect.ANTHROPIC_MESSAGES,)
    hot = rig({"a": kit.provider(kit.line(text=long), dialects=spoken)}, {"m": kit.model("a/x")})
    messages = [{"role": "user", "content": long}]
    assert await hot.text(hot.ask(more={"messages": messages})) == long


async def test_a_target_can_be_asked_by_itself(rig, kit) -> None:
    """G27: a probe goes past names and routing, through the same gate."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    run = await hot.gateway.ask_target(hot.ask(), kit.model("a/x"))
    assert run.cost_nanos > 0
    hot = rig({"a": kit.provider(kit.line(status=401, body="{}"))}, {"m": kit.model("a/x")})
    with pytest.raises(failures.KeyRejected):
        await hot.gateway.ask_target(hot.ask(), kit.model("a/x"))
    assert hot.record.code == "upstream_key_rejected"


async def test_embeddings_and_completions_pass(rig, kit) -> None:
    """The dialects without a conversation pass through to providers that speak them."""
    hot = rig({"a": Offline(OfflineOptions())}, {"m": kit.model("a/x")})
    for dialect in (Dialect.OPENAI_EMBEDDINGS, Dialect.OPENAI_COMPLETIONS):
        reply = await hot.gateway.complete(hot.ask(dialect))
        assert dialects.of(dialect).read_reply(reply.body).usage is not None
    assert hot.journal.kinds() == ["hold", "settle"] * 2

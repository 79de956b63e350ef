"""A client's stream: kept alive, recovered, and settled however it ends."""

import asyncio

import msgspec
import pytest

from penstock import failures
from penstock.config.tree import Timeouts
from penstock.domain.chat import Dialect
from penstock.protocols import Answer

CHATS = pytest.mark.parametrize(
    "asked", [Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES]
)
SIXTY = "".join(f"word{n} " for n in range(1, 61))


async def collect(reply) -> bytes:
    try:
        return b"".join([piece async for piece in reply])
    finally:
        await reply.aclose()


def pair(rig, kit, primary, fallback=None, **settings):
    providers = {"a": kit.provider(*primary), "b": kit.provider(*(fallback or []))}
    return rig(providers, {"m": kit.model("a/x", "b/y", **settings)})


@CHATS
@pytest.mark.parametrize("fault", ["S08", "P03"])
async def test_a_stream_that_dies_ends_in_an_error(rig, kit, asked, fault) -> None:
    """G3, G5 off, S08, P03: never a clean end on a part; the part is booked."""
    hot = pair(rig, kit, [kit.line(fault=fault)])
    ask = hot.ask(asked, stream=True)
    sent = await collect(await hot.gateway.complete(ask))
    assert b"word2 " in sent
    with pytest.raises(failures.UpstreamFailure):
        kit.text_of(ask, sent)
    await hot.settled()
    assert hot.journal.kinds() == ["hold", "settle"]
    assert hot.journal.rows[-1].usage.output_tokens > 0
    assert hot.record.code != "ok"
    assert not hot.providers["b"].calls


@CHATS
@pytest.mark.parametrize("recovery", ["resume", "whole"])
async def test_a_stream_that_dies_is_recovered(rig, kit, asked, recovery) -> None:
    """G5, S08: the client gets the complete answer, once, without a seam."""
    hot = pair(rig, kit, [kit.line(fault="S08")], recovery=recovery)
    assert await hot.text(hot.ask(asked, stream=True)) == SIXTY
    assert [attempt.outcome for attempt in hot.record.attempts] == ["upstream_stream_truncated", "ok"]
    assert hot.record.code == "ok"
    assert hot.journal.kinds() == ["hold", "settle", "hold", "settle"]


@CHATS
async def test_silence_is_noticed(rig, kit, asked) -> None:
    """S09: a stream that falls silent ends within the silence limit, and is recovered."""
    hot = pair(rig, kit, [kit.line(fault="S09")], recovery="resume", timeouts=Timeouts(idle=0.05))
    assert await hot.text(hot.ask(asked, stream=True)) == SIXTY
    assert hot.record.attempts[0].outcome == "upstream_idle_timeout"


async def test_a_prefill_is_continued(rig, kit) -> None:
    """G5: a target that takes a prefill writes only the rest."""
    providers = {
        "a": kit.provider(kit.line(fault="S08")),
        "b": kit.provider(dialects=(Dialect.ANTHROPIC_MESSAGES,)),
    }
    hot = rig(providers, {"m": kit.model("a/x", "b/y", recovery="resume")})
    assert await hot.text(hot.ask(stream=True)) == SIXTY
    assert b'"assistant"' in providers["b"].calls[0].body
    assert hot.record.attempts[1].usage.output_tokens < 60


async def test_a_refused_prefill_becomes_a_restart(rig, kit) -> None:
    """S14: the client never sees the prefill's 400."""
    refusal = kit.line(
        status=400, body='{"type":"error","error":{"type":"invalid_request_error","message":"no prefill"}}'
    )
    providers = {
        "a": kit.provider(kit.line(fault="S08")),
        "b": kit.provider(refusal, kit.line(), dialects=(Dialect.ANTHROPIC_MESSAGES,)),
    }
    hot = rig(providers, {"m": kit.model("a/x", "b/y", recovery="resume")})
    assert await hot.text(hot.ask(stream=True)) == SIXTY
    assert len(providers["b"].calls) == 2


async def test_a_target_may_be_told_to_take_no_prefill(rig, kit) -> None:
    """`prefill: false` on a target makes it restart."""
    model = kit.model("a/x", "b/y", recovery="resume")
    second = msgspec.structs.replace(model.targets[1], prefill=False)
    model = msgspec.structs.replace(model, targets=(model.targets[0], second))
    providers = {
        "a": kit.provider(kit.line(fault="S08")),
        "b": kit.provider(dialects=(Dialect.ANTHROPIC_MESSAGES,)),
    }
    hot = rig(providers, {"m": model})
    assert await hot.text(hot.ask(stream=True)) == SIXTY
    assert b'"assistant"' not in providers["b"].calls[0].body


async def test_answers_that_differ_are_not_joined(rig, kit) -> None:
    """G5: where the new answer does not agree with what was sent, an error event follows."""
    hot = pair(
        rig, kit, [kit.line(fault="S08")], [kit.line(text="Something else entirely.")], recovery="resume"
    )
    ask = hot.ask(stream=True)
    sent = await collect(await hot.gateway.complete(ask))
    assert b"Something" not in sent
    with pytest.raises(failures.UpstreamFailure, match="broke off"):
        kit.text_of(ask, sent)
    assert hot.record.code == "upstream_stream_truncated"


async def test_a_new_answer_that_is_shorter_is_not_joined(rig, kit) -> None:
    """G5: a new answer that ends before the old one broke off contradicts it."""
    hot = pair(rig, kit, [kit.line(fault="S08")], [kit.line(text="word1 word2 ")], recovery="resume")
    with pytest.raises(failures.UpstreamFailure):
        await hot.text(hot.ask(stream=True))


async def test_with_one_target_it_is_asked_again(rig, kit) -> None:
    """G5: where there is no other target, the same one may go on."""
    providers = {"a": kit.provider(kit.line(fault="S08"), kit.line())}
    hot = rig(providers, {"m": kit.model("a/x", recovery="resume")})
    assert await hot.text(hot.ask(stream=True)) == SIXTY


async def test_a_half_sent_tool_call_is_not_resumed(rig, kit) -> None:
    """G5: half of a tool call cannot be gone on with."""
    chunk = (
        'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"x",'
        '"choices":[{"index":0,"delta":'
        '{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\\"a"}}]},'
        '"finish_reason":null}]}\n\n'
    )
    hot = pair(rig, kit, [kit.line(chunks=(chunk,), ending="cut")], recovery="resume")
    with pytest.raises(failures.UpstreamFailure):
        await hot.text(hot.ask(stream=True))
    assert not hot.providers["b"].calls


async def test_a_request_may_choose_its_recovery(rig, kit) -> None:
    """x-penstock-recovery goes before the model's own."""
    hot = pair(rig, kit, [kit.line(fault="S08")])
    assert await hot.text(hot.ask(stream=True, recovery="whole")) == SIXTY


@CHATS
async def test_an_error_as_the_first_event_fails_over(rig, kit, asked) -> None:
    """G4, P02: 200 and then an error is no commitment."""
    hot = pair(rig, kit, [kit.line(fault="P02")])
    assert await hot.text(hot.ask(asked, stream=True)) == SIXTY
    assert hot.record.target == "b/y"


async def test_a_missing_end_marker_is_no_failure(rig, kit) -> None:
    """S11: complete without [DONE] ends at once, and the client gets its [DONE]."""
    hot = pair(rig, kit, [kit.line(fault="S11")])
    sent = await collect(await hot.gateway.complete(hot.ask(stream=True)))
    assert sent.endswith(b"data: [DONE]\n\n")
    assert sent.count(b"[DONE]") == 1
    assert hot.record.code == "ok"
    assert not hot.record.usage.estimated


@CHATS
async def test_missing_usage_is_counted(rig, kit, asked) -> None:
    """P06: an answer without usage is delivered, counted and flagged."""
    hot = pair(rig, kit, [kit.line(fault="P06")])
    assert await hot.text(hot.ask(asked, stream=True)) == SIXTY
    assert hot.record.usage.estimated
    assert hot.record.usage.output_tokens > 60
    assert hot.journal.rows[-1].estimated


async def test_usage_reaches_only_those_who_asked(rig, kit) -> None:
    """G2: the chunk that we asked for is taken out again."""
    hot = pair(rig, kit, [kit.line()])
    sent = await collect(await hot.gateway.complete(hot.ask(stream=True)))
    assert b'"prompt_tokens"' not in sent
    more = {"stream_options": {"include_usage": True}}
    sent = await collect(await hot.gateway.complete(hot.ask(stream=True, more=more)))
    assert b'"prompt_tokens"' in sent
    assert hot.record.usage.output_tokens > 0


@pytest.mark.parametrize("recovery", ["off", "whole"])
async def test_waiting_clients_are_kept_alive(rig, kit, recovery) -> None:
    """G4: headers and comments go out while targets are tried; failing over goes on silently."""
    provider = kit.provider(kit.line(wait=0.08, text="Late."), time_scale=1)
    hot = rig({"a": provider}, {"m": kit.model("a/x", recovery=recovery)}, keepalive=0.02)
    ask = hot.ask(stream=True)
    reply = await hot.gateway.complete(ask)
    sent = await collect(reply)
    assert sent.startswith(b": keep-alive\n\n")
    assert kit.text_of(ask, sent) == "Late."


async def test_a_failure_after_the_headers_is_an_event(rig, kit) -> None:
    """G4: once headers are out, the last failure comes as the dialect's error event."""
    provider = kit.provider(kit.line(wait=0.05, status=400, body="{}"), time_scale=1)
    hot = rig({"a": provider}, {"m": kit.model("a/x")}, keepalive=0.01)
    ask = hot.ask(stream=True)
    sent = await collect(await hot.gateway.complete(ask))
    with pytest.raises(failures.UpstreamFailure):
        kit.text_of(ask, sent)
    assert hot.record.code == "upstream_rejected"


async def test_a_client_that_leaves_in_the_middle(rig, kit) -> None:
    """G8, P14: upstream is cancelled, what was used is booked once, status 499."""
    hot = rig({"a": kit.provider(kit.line(pause=0.01), time_scale=1)}, {"m": kit.model("a/x")})
    reply = await hot.gateway.complete(hot.ask(stream=True))
    await anext(reply)
    await anext(reply)
    await reply.aclose()
    await reply.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(reply)
    assert hot.journal.kinds() == ["hold", "settle"]
    assert hot.journal.rows[-1].estimated
    assert hot.record.status == 499
    assert len(hot.recorder.records) == 1


async def test_a_client_that_leaves_while_it_waits(rig, kit) -> None:
    """G8, P14: before the first content too, whether headers are out or not."""
    for keepalive in (5.0, 0.01):
        provider = kit.provider(kit.line(wait=30), time_scale=1)
        hot = rig({"a": provider}, {"m": kit.model("a/x")}, keepalive=keepalive)
        opening = asyncio.ensure_future(hot.gateway.complete(hot.ask(stream=True)))
        await asyncio.sleep(0.05)
        if opening.done():
            await opening.result().aclose()
        else:
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
        await hot.settled()
        assert hot.journal.kinds() == ["hold", "settle"]
        assert hot.record.status == 499


async def test_leaving_after_the_answer_is_no_loss(rig, kit) -> None:
    """A client that closes at the last word has had a complete answer."""
    hot = rig({"a": kit.provider(kit.line(text="Hi", fault=None))}, {"m": kit.model("a/x")})
    reply = await hot.gateway.complete(hot.ask(stream=True))
    while not reply._opened.upstream.finished:
        await anext(reply)
    await reply.aclose()
    assert hot.record.code == "ok"


async def test_a_reply_that_is_no_stream_is_an_invalid_answer(rig, kit) -> None:
    """A provider that answers a stream's request with a whole body, and the other way round."""

    class Chunks:
        closed = False

        async def aclose(self):
            self.closed = True

    chunks = Chunks()
    for stream, answer in ((True, Answer(body=b"{}")), (False, Answer(chunks=chunks))):
        hot = pair(rig, kit, [kit.line()])

        async def send(call, answer=answer):
            return answer

        hot.providers["a"].send = send
        assert await hot.text(hot.ask(stream=stream)) == SIXTY
        assert hot.record.attempts[0].outcome == "upstream_invalid_response"
    assert chunks.closed


@CHATS
async def test_a_translated_answer_gets_the_counted_usage(rig, kit, asked) -> None:
    """P06: where the client's dialect always carries usage, ours is written into it."""
    spoken = Dialect.OPENAI_CHAT if asked is Dialect.ANTHROPIC_MESSAGES else Dialect.ANTHROPIC_MESSAGES
    provider = kit.provider(kit.line(fault="P06"), dialects=(spoken,))
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    assert await hot.text(hot.ask(asked, stream=True)) == SIXTY
    assert hot.record.usage.estimated


async def test_a_limit_in_the_middle_is_not_the_targets_fault(rig, kit) -> None:
    """G13: a 429 that comes as an event after content does not count against the circuit."""
    word = 'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
    limit = (
        'data: {"error":{"code":"rate_limit_exceeded","type":"rate_limit_error","message":"slow down"}}\n\n'
    )
    hot = pair(rig, kit, [kit.line(chunks=(word, limit))])
    with pytest.raises(failures.UpstreamFailure):
        await hot.text(hot.ask(stream=True))
    assert hot.lanes.all()[0].circuit.rates()[1] == 0


async def test_a_client_that_leaves_before_the_first_attempt(rig, kit) -> None:
    """Nothing was held, so nothing is booked; the record says 499."""

    async def never(*_):
        await asyncio.Event().wait()

    for stream in (True, False):
        hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
        hot.router._call = never
        opening = asyncio.ensure_future(hot.gateway.complete(hot.ask(stream=stream)))
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await hot.settled()
        assert hot.journal.rows == []
        assert hot.record.status == 499


async def test_headers_without_a_target(rig, kit) -> None:
    """Headers that go out before any attempt name none."""

    async def late(*args, real):
        await asyncio.sleep(0.03)
        return await real(*args)

    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")}, keepalive=0.01)
    real = hot.router._call
    hot.router._call = lambda *args: late(*args, real=real)
    reply = await hot.gateway.complete(hot.ask(stream=True))
    assert "x-penstock-target" not in reply.headers
    await collect(reply)

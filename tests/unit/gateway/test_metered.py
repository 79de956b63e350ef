"""One attempt, booked once."""

import asyncio

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Answer

TOOL_REPLY = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,"finish_reason":"tool_calls",'
    b'"message":{"role":"assistant","content":"Look:","tool_calls":[{"id":"c","type":"function",'
    b'"function":{"name":"find","arguments":"{}"}}]}}]}'
)
EMBEDDING = b'{"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5]}]}'


def answers(provider, body: bytes, dialect: Dialect = Dialect.OPENAI_CHAT) -> None:
    async def send(call):
        return Answer(body=body)

    provider.send = send
    provider.dialect_for = lambda asked: dialect


@pytest.mark.parametrize("asked", [Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES])
async def test_a_whole_reply_without_usage_is_counted(rig, kit, asked) -> None:
    """P06: text and tool calls count as output, the question as input; a translation says the same."""
    provider = kit.provider()
    answers(provider, TOOL_REPLY)
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    await hot.gateway.complete(hot.ask(asked))
    usage = hot.record.usage
    assert usage.estimated
    assert usage.input_tokens > 0
    assert usage.output_tokens > 2
    assert hot.journal.rows[-1].usage == usage


async def test_embeddings_without_usage_are_counted(rig, kit) -> None:
    """Where there is no conversation the body itself is counted."""
    provider = kit.provider()
    answers(provider, EMBEDDING, Dialect.OPENAI_EMBEDDINGS)
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    await hot.gateway.complete(hot.ask(Dialect.OPENAI_EMBEDDINGS))
    assert hot.record.usage.estimated
    assert hot.record.usage.input_tokens > 0
    assert hot.record.usage.output_tokens == 0


async def test_an_attempt_ends_once(rig, kit) -> None:
    """G9: two ends at the same time book once, and both wait for it."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    await hot.text(hot.ask())
    run = await hot.gateway.ask_target(hot.ask(), kit.model("a/x"))
    lane = hot.lanes.all()[0]
    attempt = hot.meter.begin(run, lane, Dialect.OPENAI_CHAT)
    rows = len(hot.journal.rows)
    gone = failures.ClientGone("gone")
    await asyncio.gather(attempt.end(gone), attempt.end(gone))
    await attempt.end(gone)
    assert len(hot.journal.rows) == rows + 1


async def test_the_beginning_of_nonsense_is_kept(rig, kit) -> None:
    """P05: an answer that cannot be understood leaves an excerpt in the record, and no more of it."""
    provider = kit.provider()
    upstream = failures.Upstream(status=200, body=b"<html>" + b"x" * 1000)

    async def send(call):
        raise failures.InvalidAnswer("nonsense", upstream=upstream)

    provider.send = send
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    with pytest.raises(failures.InvalidAnswer):
        await hot.gateway.complete(hot.ask())
    assert hot.record.attempts[0].excerpt.startswith("<html>")
    assert len(hot.record.attempts[0].excerpt) == 500

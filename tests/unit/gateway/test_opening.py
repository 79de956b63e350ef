"""One attempt at a stream, up to its commitment."""

import asyncio

import pytest

from penstock import failures
from penstock.config.tree import Timeouts


async def test_what_is_not_committed_to_is_closed(rig, kit) -> None:
    """G4, G8: an attempt that fails before its first content leaves no open call behind."""
    provider = kit.provider(kit.line(fault="P02"), kit.line())
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    send, closed = provider.send, []

    async def watched(call):
        answer = await send(call)
        close = answer.chunks.aclose

        async def aclose():
            closed.append(call)
            await close()

        answer.chunks.aclose = aclose
        return answer

    provider.send = watched
    assert await hot.text(hot.ask(stream=True))
    assert closed[0] is provider.calls[0]


async def test_an_answer_may_be_empty(rig, kit) -> None:
    """A proper end without content is an answer."""
    stop = 'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    hot = rig({"a": kit.provider(kit.line(chunks=(stop, "data: [DONE]\n\n")))}, {"m": kit.model("a/x")})
    assert await hot.text(hot.ask(stream=True)) == ""
    assert hot.record.code == "ok"


async def test_the_first_token_limit_counts_from_the_call(rig, kit) -> None:
    """S07: headers at once do not stretch the limit for the first content."""
    provider = kit.provider(kit.line(fault="S07"), time_scale=1)
    hot = rig({"a": provider}, {"m": kit.model("a/x", timeouts=Timeouts(first_token=0.05))})
    began = asyncio.get_running_loop().time()
    with pytest.raises(failures.FirstTokenTimeout):
        await hot.gateway.complete(hot.ask(stream=True))
    assert asyncio.get_running_loop().time() - began < 2


async def test_time_spent_waiting_is_the_providers(rig, kit) -> None:
    """x-penstock-overhead-ms does not count the provider's silence."""
    hot = rig({"a": kit.provider(kit.line(wait=0.1), time_scale=1)}, {"m": kit.model("a/x")})
    await hot.text(hot.ask(stream=True))
    assert hot.record.total_ms >= 100
    assert hot.record.overhead_ms < hot.record.total_ms - 90

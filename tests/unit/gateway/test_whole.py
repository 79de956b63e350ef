"""A reply in one piece."""

import pytest

from penstock import failures
from penstock.domain.chat import Dialect


async def test_the_providers_bytes_are_the_replys(rig, kit) -> None:
    """G1: in the same dialect nothing is written anew: unknown fields reach the client."""
    body = (
        '{"id":"1","object":"chat.completion","created":1,"model":"x","surprise":[1,2],"choices":[{"index":0,'
        '"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],'
        '"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'
    )
    provider = kit.provider(kit.line(body=body), dialects=(Dialect.OPENAI_CHAT,))
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    reply = await hot.gateway.complete(hot.ask())
    assert reply.body == body.encode()
    translated = await hot.gateway.complete(hot.ask(Dialect.ANTHROPIC_MESSAGES))
    assert b"surprise" not in translated.body


async def test_a_cut_body_is_retried(rig, kit) -> None:
    """P04: JSON that ends in the middle is a failed attempt."""
    hot = rig(
        {"a": kit.provider(kit.line(body='{"id": "1", "choi'), kit.line(text="Whole."))},
        {"m": kit.model("a/x")},
    )
    assert await hot.text(hot.ask()) == "Whole."
    assert hot.record.attempts[0].outcome == "upstream_invalid_response"


async def test_an_error_in_a_200_is_the_error_it_is(rig, kit) -> None:
    """P01, G14: 200 with an error object is never passed on as an answer."""
    body = '{"error":{"message":"no quota","type":"insufficient_quota","code":"insufficient_quota"}}'
    hot = rig({"a": kit.provider(kit.line(body=body))}, {"m": kit.model("a/x")})
    with pytest.raises(failures.QuotaExhausted):
        await hot.gateway.complete(hot.ask())
    assert hot.journal.kinds() == ["hold", "release"]

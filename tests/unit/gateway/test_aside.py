"""Calls beside the main road."""

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.domain.response import StoredResponse
from penstock.protocols import Answer


async def test_tokens_are_counted_by_the_provider_itself(rig, kit) -> None:
    """G17: the provider that speaks Messages counts; our model name is replaced by the target's."""
    claude = kit.provider(dialects=(Dialect.ANTHROPIC_MESSAGES,))
    seen = []

    async def send(call):
        seen.append(call)
        return Answer(body=b'{"input_tokens": 7}', headers={"request-id": "1"})

    claude.send = send
    hot = rig(
        {"a": kit.provider(dialects=(Dialect.OPENAI_CHAT,)), "c": claude}, {"m": kit.model("a/x", "c/claude")}
    )
    reply = await hot.aside.count_tokens(hot.ask(Dialect.ANTHROPIC_MESSAGES))
    assert reply.body == b'{"input_tokens": 7}'
    assert reply.headers["x-penstock-target"] == "c/claude"
    assert seen[0].path == "/messages/count_tokens"
    assert b'"claude"' in seen[0].body
    assert hot.journal.rows == []


async def test_no_number_is_better_than_a_wrong_one(rig, kit) -> None:
    """G17: where no target counts exactly, 404."""
    hot = rig({"a": kit.provider(dialects=(Dialect.OPENAI_CHAT,))}, {"m": kit.model("a/x")})
    with pytest.raises(failures.NotFound, match="count tokens"):
        await hot.aside.count_tokens(hot.ask(Dialect.ANTHROPIC_MESSAGES))


def kept(target: str = "a/x") -> StoredResponse:
    return StoredResponse(id="r1", owner="organization:acme", target=target, input="", body="", created=0)


async def test_a_stored_response_is_its_owners(rig, kit) -> None:
    """G30: anyone else gets a 404."""
    hot = rig({"a": kit.provider()}, {})
    hot.kept.put(kept())
    assert (await hot.aside.stored_response("organization:acme", "r1")).id == "r1"
    with pytest.raises(failures.NotFound):
        await hot.aside.stored_response("organization:rival", "r1")


async def test_a_kept_response_is_asked_for_where_it_lives(rig, kit) -> None:
    """The provider that keeps a response is asked, with its path below the base."""
    provider = kit.provider()
    seen = []

    async def send(call):
        seen.append(call)
        return Answer(body=b"{}")

    provider.send = send
    hot = rig({"a": provider}, {})
    reply = await hot.aside.forward(kept(), "POST", "/responses/r1/cancel")
    assert (seen[0].method, seen[0].path, reply.headers["x-penstock-target"]) == (
        "POST",
        "/responses/r1/cancel",
        "a/x",
    )
    with pytest.raises(failures.NotFound, match="no longer configured"):
        await hot.aside.forward(kept("gone/x"), "GET", "/responses/r1")

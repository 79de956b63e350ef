"""Anthropic's messages, and counting them."""

import pytest

from penstock.domain.chat import Dialect
from penstock.domain.exchange import Whole
from penstock.failures import NotFound
from penstock.http.billable import Billable
from penstock.http.messages import Counting, routes

COUNT = "/v1/messages/count_tokens"


@pytest.fixture
def asked() -> list:
    return []


@pytest.fixture
def client(reader, gateway, codec_of, asked, make_door, client_of):
    async def count(ask):
        asked.append(ask)
        if ask.request.model == "unknown":
            raise NotFound("nobody counts exactly")
        return Whole(status=200, headers={}, body=b'{"input_tokens":3}')

    codec = codec_of(Dialect.ANTHROPIC_MESSAGES)
    return client_of(make_door(*routes(Billable(reader, codec, gateway), Counting(reader, codec, count))))


async def test_beta_is_fine(client, gateway):
    """`?beta=true` changes nothing (G17)."""
    assert (await client("POST", "/v1/messages", b'{"model":"m"}', query="beta=true")).status == 200
    assert len(gateway.asked) == 1


async def test_counting_costs_nothing(client, gateway, asked):
    """Counting does not pass the gate, but needs a key."""
    assert (await client("POST", COUNT, b'{"model":"m"}')).json() == {"input_tokens": 3}
    assert (await client("POST", COUNT, b'{"model":"m"}', headers={"authorization": ""})).status == 401
    assert (len(asked), gateway.asked) == (1, [])


async def test_no_exact_count_is_a_404(client):
    """Never a wrong number (G17)."""
    reply = await client("POST", COUNT, b'{"model":"unknown"}')
    assert (reply.status, reply.json()["dialect"]) == (404, "anthropic_messages")

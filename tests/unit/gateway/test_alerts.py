"""Budgets that come to their end, told to a webhook."""

import asyncio
import base64
import hashlib
import hmac

import msgspec
import pytest

from penstock import failures
from penstock.config.tree import Budget
from penstock.gateway import alerts as module
from penstock.gateway.alerts import Alerts, signed, signing_key
from penstock.gateway.quotas import money_gauge
from penstock.stores.memory import Memory

NOW = 1_700_000_000.0


class Touched:
    """What alerts need of the gate."""

    def __init__(self):
        self.touched = {}


class Room:
    """A store, the gate's notes, a clock, and a webhook that answers as told."""

    def __init__(self):
        self.store = Memory()
        self.gate = Touched()
        self.now = NOW
        self.status = 204
        self.sent = []
        self.alerts = Alerts(self.gate, self.store, self.post, b"secret", lambda: self.now)

    async def post(self, headers, body):
        self.sent.append((headers, msgspec.json.decode(body)))
        return self.status

    async def spend(self, cents, **settings):
        gauge = money_gauge(Budget(scope="key", usd=1, **settings), "k", "ci", None, NOW)
        await self.store.restore({gauge.claim.key: cents * 10_000_000}, 1e6)
        self.gate.touched[gauge.claim.key] = gauge
        return gauge

    def shares(self):
        return [body["data"]["share"] for _, body in self.sent]


@pytest.fixture
def room():
    return Room()


async def test_each_share_is_told_once(room):
    """At 80 % and at 100 %, whoever looks how often."""
    for cents in (79, 80, 85, 120, 130):
        await room.spend(cents)
        await room.alerts.look()
        await room.alerts.look()
    assert room.shares() == [0.8, 1.0]
    body = room.sent[0][1]
    assert body["type"] == "budget.reached"
    assert (body["data"]["name"], body["data"]["usd"], body["data"]["spent_usd"]) == ("ci", "1.00", "0.80")
    assert body["data"]["resets"] > NOW


async def test_a_grant_moves_the_shares(room):
    """80 cents of two dollars are no alert; what never resets says so."""
    gauge = await room.spend(80, period="total", alerts=(0.8,))
    await room.store.grant(gauge.claim.key, 10**9, 1e6)
    await room.alerts.look()
    assert room.sent == []
    await room.spend(160, period="total", alerts=(0.8,))
    await room.alerts.look()
    assert room.sent[0][1]["data"]["resets"] is None


async def test_an_alert_that_is_not_taken_is_sent_again(room, monkeypatch):
    """Later, under the same id: who got it twice can tell."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)
    room.status = 500
    await room.spend(80)
    watching = asyncio.ensure_future(room.alerts.watch())
    async with asyncio.timeout(5):
        while not room.sent:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert len(room.sent) == 1
        room.status = 200
        room.now += module.RETRY_SECONDS
        while len(room.sent) < 2:
            await asyncio.sleep(0.001)
    watching.cancel()
    assert room.sent[0][0]["webhook-id"] == room.sent[1][0]["webhook-id"]


async def test_a_refusal_is_a_failure(room):
    """Only 2xx is taken."""
    room.status = 404
    await room.spend(100)
    with pytest.raises(failures.ServerFault):
        await room.alerts.look()


async def test_what_was_told_is_bounded(room, monkeypatch):
    """Sessions and names come from clients."""
    monkeypatch.setattr(module, "TOLD", 1)
    await room.spend(100)
    await room.alerts.look()
    assert len(room.alerts._told) == 1


def test_messages_are_signed_as_in_standard_webhooks():
    """v1: HMAC-SHA-256 over id, time and body, in base64."""
    key = signing_key("whsec_" + base64.b64encode(b"secret").decode())
    headers = signed(key, "msg_1", 1700000000, b"{}")
    expected = base64.b64encode(hmac.digest(b"secret", b"msg_1.1700000000.{}", hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "1700000000")


def test_a_secret_that_is_no_base64_is_refused():
    """With what it has to be."""
    with pytest.raises(ValueError, match="whsec_"):
        signing_key("whsec_not base64")

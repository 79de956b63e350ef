"""The straight line of a billable request."""

import threading

from penstock.http.incoming import LARGE

CHAT = "/v1/chat/completions"


async def test_who_asks_is_known_before_anything_is_read(client, gateway):
    """Without a key, the body is not read and the gateway not asked (G24)."""
    reply = await client("POST", CHAT, [b"x" * 10, b"y"], headers={"authorization": ""})
    assert (reply.status, gateway.asked) == (401, [])


async def test_the_gateway_is_asked_what_was_said(client, gateway):
    """The ask names the caller, the model and the raw body."""
    await client("POST", CHAT, b'{"model":"m"}', headers={"x-session-id": "s"})
    asked = gateway.asked[0]
    assert (asked.principal.key_id, asked.request.model, asked.session) == ("alice", "m", "s")
    assert asked.request.body == b'{"model":"m"}'


async def test_malformed_body_is_a_400(client, gateway):
    """What cannot be read is refused, and costs nothing."""
    reply = await client("POST", CHAT, b"{")
    assert (reply.status, reply.headers["x-should-retry"], gateway.asked) == (400, "false", [])


async def test_large_body_is_parsed_in_a_thread(client, gateway, monkeypatch):
    """More than 50 kB are not parsed on the event loop (G9)."""
    threads = []

    def read(self, body):
        threads.append(threading.current_thread())
        return original(self, body)

    codec = type(client.door._table.find("POST", CHAT)[0].handler._codec)
    original = codec.read_request
    monkeypatch.setattr(codec, "read_request", read)
    await client("POST", CHAT, b'{"model":"m"}' + b" " * LARGE)
    await client("POST", CHAT, b'{"model":"m"}')
    assert [thread is threading.main_thread() for thread in threads] == [False, True]
    assert len(gateway.asked) == 2

"""The door as a whole."""

import asyncio
import logging

import pytest

from penstock.config.tree import Server
from penstock.domain.exchange import Whole
from penstock.failures import Overloaded, Upstream

BODY = b'{"model":"m"}'
CHAT = "/v1/chat/completions"


async def test_answers_what_the_gateway_says(client, gateway):
    """A whole reply goes out with its status, its headers and the request's id."""
    reply = await client("POST", CHAT, BODY)
    assert (reply.status, reply.body) == (200, b'{"ok":true}')
    assert reply.headers["x-penstock-target"] == "p/m"
    assert reply.headers["x-penstock-request-id"] == gateway.asked[0].id
    assert reply.headers["content-length"] == "11"
    assert reply.ended


async def test_unknown_path_is_told_in_the_openai_form(client):
    """A path that is not there gives 404 with the request's id."""
    reply = await client("GET", "/nothing")
    assert reply.status == 404
    assert reply.json()["dialect"] == "openai_chat"
    assert reply.headers["x-penstock-request-id"] == reply.json()["id"]


async def test_unknown_path_below_messages_is_told_in_the_anthropic_form(client):
    """Anthropic's clients get their own error body for a 404 too (G17)."""
    assert (await client("GET", "/v1/messages/nothing")).json()["dialect"] == "anthropic_messages"


async def test_the_header_anthropic_version_asks_for_the_anthropic_form(client):
    """A path of no dialect answers in the one that the client's headers show."""
    reply = await client("GET", "/v1/other", headers={"anthropic-version": "2023-06-01"})
    assert reply.json()["dialect"] == "anthropic_messages"


async def test_missing_key_on_an_anthropic_path(client):
    """401 comes in the path's dialect."""
    reply = await client("POST", "/v1/messages", BODY, headers={"authorization": ""})
    assert (reply.status, reply.json()["dialect"]) == (401, "anthropic_messages")


async def test_wrong_method_names_the_right_ones(client):
    """405 carries Allow."""
    reply = await client("GET", CHAT)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


async def test_head_is_a_get_without_a_body(client):
    """HEAD answers wherever GET does."""
    reply = await client("HEAD", "/live")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "2")


async def test_unexpected_exception_is_a_500_logged_once(client, gateway, caplog):
    """What nobody foresaw is logged once, with the id that the caller gets."""
    gateway.answer = RuntimeError("boom")
    with caplog.at_level(logging.ERROR):
        reply = await client("POST", CHAT, BODY)
    assert reply.status == 500
    assert [record.request_id for record in caplog.records] == [reply.json()["id"]]
    assert "boom" not in reply.body.decode()


async def test_stream_goes_out_frame_by_frame(client, gateway, frames):
    """Frames go out as they are, with the headers that keep proxies from holding them (G6)."""
    gateway.answer = frames([b"data: 1\n\n", b"data: 2\n\n"], {"x-penstock-target": "p/m"})
    reply = await client("POST", CHAT, BODY)
    assert reply.pieces == [b"data: 1\n\n", b"data: 2\n\n", b""]
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.headers["x-penstock-target"] == "p/m"
    assert gateway.answer.closed == 1


async def test_stream_that_breaks_ends_with_an_error_event(client, gateway, frames):
    """An exception after the first frame becomes an error event, never a clean end (G3)."""
    gateway.answer = frames([b"data: 1\n\n", RuntimeError("boom")])
    reply = await client("POST", CHAT, BODY)
    assert reply.pieces[1].startswith(b"event: error\n")
    assert reply.ended
    assert gateway.answer.closed == 1


async def test_stream_that_fails_before_its_first_frame_is_a_plain_failure(client, gateway, frames):
    """While nothing was sent, a failure has its status."""
    gateway.answer = frames([Overloaded("busy")])
    assert (await client("POST", CHAT, BODY)).status == 529
    assert gateway.answer.closed == 1


async def test_empty_stream_still_answers(client, gateway, frames):
    """A stream without frames is an empty 200."""
    gateway.answer = frames([])
    reply = await client("POST", CHAT, BODY)
    assert (reply.status, reply.body, reply.ended) == (200, b"", True)


@pytest.mark.parametrize("coroutine", [False, True])
async def test_client_that_leaves_cancels_the_gateway(client, gateway, coroutine):
    """The upstream call of a client that is gone is cancelled within 200 ms (G8, P14)."""
    gateway.wait, gone = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    call = asyncio.ensure_future(client("POST", CHAT, BODY, gone=gone, coroutine_receive=coroutine))
    await gateway.entered.wait()
    left = loop.time()
    gone.set()
    reply = await call
    assert gateway.cancelled
    assert loop.time() - left < 0.2
    assert reply.status == 0


async def test_client_that_leaves_closes_the_stream(client, gateway, frames):
    """A stream whose reader is gone is closed, though its next frame never comes (G8, P14)."""
    gateway.answer, gone = frames([b"data: 1\n\n", asyncio.Event()]), asyncio.Event()
    call = asyncio.ensure_future(client("POST", CHAT, BODY, gone=gone))
    await gateway.entered.wait()
    gone.set()
    reply = await call
    assert reply.pieces == [b"data: 1\n\n"]
    assert gateway.answer.closed == 1


async def test_leaving_after_the_last_byte_disturbs_nothing(client, gateway, frames):
    """A stream that is complete is closed in peace, though its client has hung up already (G9)."""
    gateway.answer, gone, go = frames([b"data: 1\n\n"]), asyncio.Event(), asyncio.Event()
    closed = []

    async def aclose():
        await go.wait()
        closed.append(True)

    gateway.answer.aclose = aclose
    call = asyncio.ensure_future(client("POST", CHAT, BODY, gone=gone))
    await gateway.entered.wait()
    gone.set()
    await asyncio.sleep(0.1)
    go.set()
    reply = await call
    assert (reply.ended, closed) == (True, [True])


async def test_cancellation_from_elsewhere_is_not_swallowed(client, gateway):
    """Only the client's leaving ends quietly."""
    gateway.wait = asyncio.Event()
    call = asyncio.ensure_future(client("POST", CHAT, BODY))
    await gateway.entered.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_request_that_breaks_off_is_no_request(client, gateway):
    """Half a body reaches nobody; if it was its framing that broke, its sender can still read why."""
    reply = await client("POST", CHAT, [b'{"mod', {"type": "http.disconnect"}])
    assert (reply.status, gateway.asked) == (400, [])


async def test_draining_does_not_wait_for_slow_senders(door, client, gateway):
    """A request whose body is still coming in is refused when the server drains."""
    call = asyncio.ensure_future(client("POST", CHAT, [b'{"mod', asyncio.Event()]))
    for _ in range(5):
        await asyncio.sleep(0)
    door.drain()
    assert (await call).status == 503
    await door.idle()


async def test_draining_refuses_what_is_new_and_lets_the_rest_finish(door, client, gateway):
    """After drain() new requests get 503 with Retry-After, those under way their answer (G27)."""
    gateway.wait = asyncio.Event()
    call = asyncio.ensure_future(client("POST", CHAT, BODY))
    await gateway.entered.wait()
    door.drain()
    refused = await client("POST", CHAT, BODY)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert (await client("GET", "/live")).status == 200
    assert (door.running, door.draining) == (1, True)
    gateway.wait.set()
    assert (await call).headers["connection"] == "close"
    await door.idle()


async def test_draining_an_idle_door_is_over_at_once(door):
    """Nothing under way, nothing to wait for."""
    door.drain()
    await asyncio.wait_for(door.idle(), 1)


async def test_refused_body_is_taken_after_the_refusal(client, gateway):
    """The 413 goes out first; the rest of the body is then taken, so that no reset overtakes it."""
    door = client.door
    door._limits = Server(max_body_bytes=10)
    reply = await client("POST", CHAT, [b"x" * 8, b"x" * 8, b"x" * 8])
    assert reply.status == 413
    assert reply.headers["connection"] == "close"
    assert "content-length" not in reply.headers
    assert reply.pieces[-1] == b""
    assert gateway.asked == []


async def test_upstreams_words_reach_a_client_of_the_same_dialect(client, gateway):
    """An error of the provider goes through unmodified (G17)."""
    said = Upstream(status=529, body=b'{"said":1}', content_type="application/json", dialect="openai_chat")
    gateway.answer = Overloaded("busy", upstream=said)
    reply = await client("POST", CHAT, BODY)
    assert (reply.status, reply.body) == (529, b'{"said":1}')


async def test_every_request_is_noted_with_its_status(make_door, chat, gateway, client_of):
    """The note gets the route and the status; 499 for a client that is gone."""
    noted = []
    door = make_door(chat, note=lambda incoming, status: noted.append((incoming.route, status)))
    client, gone = client_of(door), asyncio.Event()
    await client("POST", CHAT, BODY)
    await client("GET", "/nothing")
    gateway.wait = asyncio.Event()
    gone.set()
    await client("POST", CHAT, BODY, gone=gone)
    assert noted == [(CHAT, 200), ("", 404), (CHAT, 499)]


async def test_other_protocols_are_ignored(door):
    """Only HTTP is spoken."""
    await door({"type": "lifespan"}, None, None)
    assert door.running == 0


async def test_a_handler_may_give_any_whole_reply(make_door, live, client_of):
    """Headers of a reply are made safe whatever they hold."""
    reply = await client_of(make_door(live))("GET", "/live")
    assert reply.headers["content-type"] == "application/json"
    assert Whole(status=200, headers={}, body=b"").content_type == "application/json"

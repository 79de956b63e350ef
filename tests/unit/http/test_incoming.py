"""One request as it comes in."""

import asyncio

import pytest

from penstock.config.tree import Server
from penstock.failures import (
    BodyTimeout,
    BodyTooLarge,
    ClientGone,
    HeadersTooLarge,
    InvalidRequest,
    UnsupportedMedia,
)
from penstock.http.incoming import Incoming

GONE = {"type": "http.disconnect"}


def piece(body: bytes, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


def incoming(*messages, headers=(), query=b"", limits=None) -> Incoming:
    left = list(messages)

    async def receive():
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        return GONE

    scope = {"method": "POST", "path": "/", "headers": list(headers), "query_string": query}
    return Incoming(scope, receive, limits or Server())


async def test_body_in_pieces_is_joined():
    """Pieces make one body."""
    request = incoming(piece(b"a", True), piece(b"b"), headers=[(b"transfer-encoding", b"chunked")])
    assert await request.body() == b"ab"
    assert not request.unread


async def test_body_of_known_length_ends_with_its_last_byte():
    """With a content-length nothing is waited for after the last byte."""
    request = incoming(piece(b"ab", True), headers=[(b"content-length", b"2")])
    assert await request.body() == b"ab"


async def test_request_without_a_body_is_not_waited_for():
    """No length, no chunks: no body."""
    assert await incoming().body() == b""


async def test_announced_length_over_the_bound_is_refused_unread():
    """413 comes before a single byte was read (G29)."""
    request = incoming(headers=[(b"content-length", b"11")], limits=Server(max_body_bytes=10))
    with pytest.raises(BodyTooLarge):
        await request.body()
    assert request.unread


async def test_chunks_over_the_bound_are_refused_when_it_is_reached():
    """Without a length, 413 comes with the byte that is too many (G29)."""
    request = incoming(
        piece(b"123456", True),
        piece(b"789012", True),
        headers=[(b"transfer-encoding", b"chunked")],
        limits=Server(max_body_bytes=10),
    )
    with pytest.raises(BodyTooLarge):
        await request.body()


async def test_silent_sender_is_cut():
    """No byte for `body_timeout` seconds is a 408 (G29)."""
    request = incoming(
        piece(b"1", True), headers=[(b"content-length", b"2")], limits=Server(body_timeout=0.01)
    )
    with pytest.raises(BodyTimeout):
        await request.body()
    assert not request.unread


async def test_compressed_body_is_refused():
    """What would have to be inflated first is not read (G29)."""
    request = incoming(headers=[(b"content-encoding", b"gzip"), (b"content-length", b"2")])
    with pytest.raises(UnsupportedMedia):
        await request.body()


async def test_identity_is_no_compression():
    """`content-encoding: identity` says nothing."""
    request = incoming(piece(b"ab"), headers=[(b"content-encoding", b"identity"), (b"content-length", b"2")])
    assert await request.body() == b"ab"


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"9" * 30, b"", "٣".encode()])
async def test_length_that_is_no_number_is_refused(length):
    """Only digits are a length."""
    with pytest.raises(InvalidRequest):
        await incoming(headers=[(b"content-length", length)]).body()


async def test_sender_that_leaves_is_gone():
    """A disconnect in the middle of a body."""
    request = incoming(piece(b"1", True), GONE, headers=[(b"content-length", b"2")])
    with pytest.raises(ClientGone):
        await request.body()
    assert not request.unread


async def test_what_is_left_of_a_refused_body_is_taken():
    """After a refusal the rest is read and thrown away."""
    request = incoming(piece(b"1", True), piece(b"2"), headers=[(b"transfer-encoding", b"chunked")])
    await request.discard()
    assert not request.unread


async def test_taking_the_rest_ends_with_the_sender():
    """A sender that leaves ends it."""
    request = incoming(GONE, headers=[(b"content-length", b"2")])
    await request.discard()
    assert not request.unread


async def test_too_many_headers():
    """More than a hundred headers are refused (G29)."""
    request = incoming(headers=[(b"x-%d" % n, b"") for n in range(101)])
    with pytest.raises(HeadersTooLarge):
        request.check_headers()


async def test_too_long_headers():
    """So is more than 64 KB of them (G29)."""
    with pytest.raises(HeadersTooLarge):
        incoming(headers=[(b"x", b"y" * 65_536)]).check_headers()


async def test_usual_headers_pass():
    """A few headers are fine."""
    incoming(headers=[(b"x", b"y")]).check_headers()


async def test_query_is_read_leniently():
    """Of a repeated parameter the last counts; bytes that are no text do no harm."""
    assert incoming(query=b"beta=true&a=1&a=2&b=%C3%28&\xff").query["a"] == "2"


async def test_query_with_too_many_parameters_is_refused():
    """A thousand parameters are no mistake of ours."""
    with pytest.raises(InvalidRequest):
        _ = incoming(query=b"a=1&" * 1000).query


async def test_header_as_text():
    """Absent and empty are the same."""
    request = incoming(headers=[(b"a", b" b "), (b"c", b" ")])
    assert [request.text(name) for name in (b"a", b"c", b"d")] == ["b", None, None]

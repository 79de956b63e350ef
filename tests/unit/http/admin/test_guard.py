"""What all pages of the administration do alike."""

import msgspec
import pytest

from penstock.config.tree import Server
from penstock.domain.exchange import Whole
from penstock.failures import InvalidRequest
from penstock.http.admin import guard
from penstock.http.incoming import Incoming
from penstock.http.routes import Route


class Shape(msgspec.Struct):
    """A body."""

    n: int = 0


def incoming(body: bytes = b"", query: bytes = b"") -> Incoming:
    async def receive():
        return {"type": "http.request", "body": body}

    headers = [(b"content-length", b"%d" % len(body))] if body else []
    return Incoming(
        {"method": "POST", "path": "/", "headers": headers, "query_string": query}, receive, Server()
    )


async def test_only_the_admin_key_opens(gate, admin):
    """A caller's key does not, whatever its owner may be (G28)."""

    async def page(incoming):
        return Whole(status=200, headers={}, body=b"{}")

    ask = admin(
        [Route(method="GET", path="/p", handler=guard.Guarded(gate, page), access="admin", summary="")]
    )
    assert (await ask("GET", "/p")).status == 200
    assert (await ask("GET", "/p", key="psk_alice_0123456789abcdef0123")).status == 401


async def test_body_of_the_shape():
    """An empty body counts as an empty object."""
    assert (await guard.read(incoming(b'{"n":3}'), Shape)).n == 3
    assert (await guard.read(incoming(), Shape)).n == 0


@pytest.mark.parametrize("body", [b"{", b'{"n":"x"}', b"[" * 100_000, b'"\xff"'])
async def test_body_of_another_shape(body):
    """Anything else is a 400."""
    with pytest.raises(InvalidRequest):
        await guard.read(incoming(body), Shape)


def test_replies_are_not_cached():
    """What administrators see stays out of caches."""
    reply = guard.write(Shape(n=1), 201)
    assert (reply.status, reply.body, reply.headers) == (201, b'{"n":1}', {"cache-control": "no-store"})


async def test_numbers_within_bounds():
    """A number of the query, or its default."""
    assert guard.number(incoming(query=b"a=1.5"), "a", 0.0, least=0, most=2) == 1.5
    assert guard.whole_number(incoming(), "a", 7, least=0, most=9) == 7


@pytest.mark.parametrize("text", [b"3", b"-1", b"x", b"nan", b"inf", b"1.5"])
async def test_numbers_out_of_bounds(text):
    """Anything else is a 400."""
    with pytest.raises(InvalidRequest):
        guard.whole_number(incoming(query=b"a=" + text), "a", 0, least=0, most=2)

"""One client per process: what it sends, and how calls fail."""

import asyncio

import aiohttp
import pytest
from yarl import URL

from penstock import failures
from penstock.transport.client import LARGE, Limits, Transport, network, payload


async def test_body_and_headers_arrive_as_given(line, transport, outgoing, answering):
    """The request on the wire is the one that was handed in."""
    line.handlers = [answering(line, b"ok")]
    incoming = await transport.send(outgoing(headers={"x-one": "1"}, body=b'{"model":"m"}'))
    assert await incoming.chunks.whole(100) == b"ok"
    assert b"x-one: 1" in line.received[0]
    assert line.received[0].endswith(b'{"model":"m"}')


async def test_status_and_headers_are_handed_back(line, transport, outgoing, answering):
    """An answer keeps its headers, whatever their case."""
    line.handlers = [answering(line, b"ok", "X-Request-Id: r1")]
    incoming = await transport.send(outgoing())
    assert (incoming.status, incoming.headers["x-request-id"]) == (200, "r1")
    await incoming.chunks.aclose()


async def test_a_connection_is_used_again(line, transport, outgoing, answering):
    """Two calls in a row share one connection."""
    line.handlers = [answering(line, b"ok")]
    for _ in range(2):
        await (await transport.send(outgoing())).chunks.whole(100)
    assert line.opened == 1


async def test_a_kept_connection_that_was_closed_is_no_failure(line, transport, outgoing, answering):
    """The request goes out again on a fresh connection when the kept one turns out to be closed."""

    async def once(reader, writer):
        await line.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await line.request(reader)

    line.handlers = [once, answering(line, b"again")]
    await (await transport.send(outgoing())).chunks.whole(100)
    assert await (await transport.send(outgoing())).chunks.whole(100) == b"again"
    assert line.opened == 2


async def test_s05_a_fresh_connection_that_is_reset_is_a_failure(line, transport, outgoing):
    """S05: closed before any byte on a new connection raises Disconnected, once."""

    async def gone(reader, _writer):
        await line.request(reader)

    line.handlers = [gone]
    with pytest.raises(failures.Disconnected):
        await transport.send(outgoing())
    assert line.opened == 1


async def test_s06_silence_before_the_headers_is_limited(line, transport, outgoing):
    """S06: no headers within `first_token` raises FirstTokenTimeout."""

    async def silent(reader, _writer):
        await line.request(reader)
        await reader.read()

    line.handlers = [silent]
    with pytest.raises(failures.FirstTokenTimeout):
        await transport.send(outgoing(first_token=0.02))


async def test_the_deadline_comes_before_the_first_token(line, transport, outgoing):
    """A deadline that is nearer than `first_token` raises DeadlineExceeded."""

    async def silent(reader, _writer):
        await line.request(reader)
        await reader.read()

    line.handlers = [silent]
    deadline = asyncio.get_running_loop().time() + 0.02
    with pytest.raises(failures.DeadlineExceeded):
        await transport.send(outgoing(deadline=deadline))


async def test_g8_cancelling_a_call_cuts_its_connection(line, transport, outgoing):
    """G8: the provider sees the end of a cancelled call at once."""
    asked, ended = asyncio.Event(), asyncio.Event()

    async def silent(reader, _writer):
        await line.request(reader)
        asked.set()
        await reader.read()
        ended.set()

    line.handlers = [silent]
    async with asyncio.TaskGroup() as group:
        call = group.create_task(transport.send(outgoing()))
        await asked.wait()
        call.cancel()
    async with asyncio.timeout(0.2):
        await ended.wait()


@pytest.mark.parametrize(
    "kind", [aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError, aiohttp.ClientConnectorSSLError]
)
async def test_p12_a_connection_that_cannot_be_made_is_unreachable(
    line, transport, outgoing, unreachable, kind
):
    """P12: refused, not resolved and no TLS are all Unreachable, and are not tried twice."""
    line.handlers = [unreachable(kind)]
    with pytest.raises(failures.Unreachable):
        await transport.send(outgoing())
    assert line.opened == 1


async def test_an_answer_that_is_not_http_is_invalid(line, transport, outgoing):
    """Garbage instead of a status line raises InvalidAnswer."""

    async def garbage(reader, writer):
        await line.request(reader)
        writer.write(b"hello\r\n\r\n")

    line.handlers = [garbage]
    with pytest.raises(failures.InvalidAnswer):
        await transport.send(outgoing())


async def test_a_redirect_is_not_followed(line, transport, outgoing):
    """3xx is handed back as it is."""

    async def moved(reader, writer):
        await line.request(reader)
        writer.write(b"HTTP/1.1 307 Moved\r\nlocation: http://else.test/\r\ncontent-length: 0\r\n\r\n")

    line.handlers = [moved]
    incoming = await transport.send(outgoing())
    assert incoming.status == 307
    await incoming.chunks.aclose()


async def test_cookies_are_not_kept(line, transport, outgoing, answering):
    """What a provider wants remembered is not sent back."""
    line.handlers = [answering(line, b"ok", "set-cookie: a=b")]
    for _ in range(2):
        await (await transport.send(outgoing())).chunks.whole(100)
    assert b"ookie" not in line.received[1]


async def test_a_large_body_arrives_whole(line, transport, outgoing, answering):
    """P15: a body that is written in pieces is the same body."""
    line.handlers = [answering(line, b"ok")]
    body = b"x" * (LARGE + 1)
    await (await transport.send(outgoing(body=body))).chunks.whole(100)
    assert line.received[0].endswith(body)


async def test_warming_opens_a_connection_that_is_then_used(line, transport, outgoing, answering):
    """`warm` says that somebody is there, and the first call needs no new connection."""
    line.handlers = [answering(line, b"")]
    assert await transport.warm(URL("http://provider.test/v1"))
    await (await transport.send(outgoing())).chunks.whole(100)
    assert line.opened == 1


async def test_warming_a_host_that_is_away_says_so(line, transport, unreachable):
    """`warm` never raises for a host that is away."""
    line.handlers = [unreachable(aiohttp.ClientConnectorError)]
    assert not await transport.warm(URL("http://provider.test/v1"))


async def test_closing_twice_is_harmless(line, outgoing, answering):
    """`aclose` may be called again, and without any call before."""
    transport = Transport(connector=line.connector)
    await transport.aclose()
    line.handlers = [answering(line, b"ok")]
    await (await transport.send(outgoing())).chunks.whole(100)
    await transport.aclose()
    await transport.aclose()


async def test_limits_reach_the_connector():
    """The numbers of connections are those of the settings."""
    connector = network(Limits(connections=7, connections_per_host=3))
    assert (connector.limit, connector.limit_per_host) == (7, 3)
    await connector.close()


def test_small_bodies_are_sent_as_they_are():
    """Nothing is wrapped that does not have to be."""
    assert payload(b"") is None
    assert payload(b"x") == b"x"

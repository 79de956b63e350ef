"""Bodies under their limits."""

import asyncio

import pytest

from penstock import failures
from penstock.transport.chunks import joined

PART = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n"


def then(line, first: bytes, *, stay: bool = True):
    """A handler that sends `first` and then says nothing, or leaves."""

    async def handler(reader, writer):
        await line.request(reader)
        writer.write(first)
        if stay:
            await reader.read()

    return handler


async def test_a_whole_body_is_read(line, transport, outgoing, answering):
    """All pieces are joined."""
    line.handlers = [answering(line, b"abc" * 1000)]
    assert await (await transport.send(outgoing())).chunks.whole(5000) == b"abc" * 1000


async def test_a_body_above_its_bound_is_invalid(line, transport, outgoing, answering):
    """A provider cannot fill the memory."""
    line.handlers = [answering(line, b"abc" * 1000)]
    with pytest.raises(failures.InvalidAnswer):
        await (await transport.send(outgoing())).chunks.whole(2999)


async def test_the_beginning_of_a_body_is_bounded(line, transport, outgoing, answering):
    """Only so much of an error's body is read."""
    line.handlers = [answering(line, b"abc" * 1000)]
    assert await (await transport.send(outgoing())).chunks.beginning(5) == b"abcab"


async def test_the_beginning_of_a_broken_body_is_what_came(line, transport, outgoing):
    """An error's body that breaks off still explains what it can."""
    line.handlers = [then(line, PART, stay=False)]
    assert await (await transport.send(outgoing())).chunks.beginning(50) == b"part"


@pytest.mark.parametrize("answer", [PART, CHUNKED])
async def test_p04_a_body_that_breaks_off_is_a_disconnect(line, transport, outgoing, answer):
    """P04, S08: fewer bytes than announced raise Disconnected."""
    line.handlers = [then(line, answer, stay=False)]
    incoming = await transport.send(outgoing())
    assert await anext(incoming.chunks) == b"part"
    with pytest.raises(failures.Disconnected):
        await anext(incoming.chunks)


async def test_s09_silence_between_chunks_is_limited(line, transport, outgoing):
    """S09: nothing for `idle` seconds raises IdleTimeout and cuts the connection."""
    line.handlers = [then(line, PART)]
    incoming = await transport.send(outgoing(first_token=0.3, idle=0.03))
    assert await anext(incoming.chunks) == b"part"
    with pytest.raises(failures.IdleTimeout):
        await anext(incoming.chunks)


async def test_silence_before_the_first_byte_is_the_first_tokens(line, transport, outgoing):
    """S07: headers without a body are limited by `first_token`."""
    line.handlers = [then(line, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")]
    incoming = await transport.send(outgoing(first_token=0.3, idle=0.01))
    with pytest.raises(failures.FirstTokenTimeout):
        await anext(incoming.chunks)


async def test_p09_the_deadline_ends_a_trickle(line, transport, outgoing):
    """P09: bytes that keep coming do not move the deadline."""

    async def trickle(reader, writer):
        await line.request(reader)
        writer.write(PART)
        for _ in range(200):
            writer.write(b"x")
            await asyncio.sleep(0.005)

    line.handlers = [trickle]
    deadline = asyncio.get_running_loop().time() + 0.3
    incoming = await transport.send(outgoing(deadline=deadline, idle=0.2, first_token=0.2))
    with pytest.raises(failures.DeadlineExceeded):
        async for _ in incoming.chunks:
            pass


async def test_a_slow_reader_is_not_the_providers_silence(line, transport, outgoing):
    """Time between two calls of __anext__ does not count as idle."""

    async def steady(reader, writer):
        await line.request(reader)
        writer.write(CHUNKED)
        await asyncio.sleep(0.35)
        writer.write(b"0\r\n\r\n")

    line.handlers = [steady]
    incoming = await transport.send(outgoing(first_token=0.2, idle=0.03))
    assert await anext(incoming.chunks) == b"part"
    await asyncio.sleep(0.4)
    with pytest.raises(StopAsyncIteration):
        await anext(incoming.chunks)


async def test_g8_closing_cuts_the_connection_at_once(line, transport, outgoing):
    """G8: the provider sees the end of a stream that nobody reads on."""
    ended = asyncio.Event()

    async def handler(reader, writer):
        await line.request(reader)
        writer.write(CHUNKED)
        await reader.read()
        ended.set()

    line.handlers = [handler]
    incoming = await transport.send(outgoing())
    assert await anext(incoming.chunks) == b"part"
    await incoming.chunks.aclose()
    await incoming.chunks.aclose()
    async with asyncio.timeout(0.2):
        await ended.wait()


def test_a_single_piece_is_not_copied():
    """One piece is handed on as it is."""
    piece = b"x" * 10
    assert joined([piece]) is piece
    assert joined([b"a", b"b"]) == b"ab"

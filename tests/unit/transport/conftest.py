"""A transport whose connections end in a script: a socket pair, no network."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from penstock.transport.client import Connector, Limits, Outgoing, Transport, _opened

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Line:
    """Each new connection is answered by the next handler; the last one stays."""

    def __init__(self) -> None:
        self.handlers: list[Handler | Exception] = []
        self.opened = 0
        self.lost = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.received: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []

    def connector(self, limits: Limits) -> Connector:
        line = self

        class Paired(Connector):
            async def _create_connection(self, req, traces, timeout):
                _opened.set(True)
                handler = line.handlers[min(line.opened, len(line.handlers) - 1)]
                line.opened += 1
                if isinstance(handler, Exception):
                    raise handler
                ours, theirs = socket.socketpair()
                reader, writer = await asyncio.open_connection(sock=theirs)
                line.writers.append(writer)
                line.tasks.append(asyncio.ensure_future(line.serve(handler, reader, writer)))
                loop = asyncio.get_running_loop()
                _, protocol = await loop.create_connection(lambda: ResponseHandler(loop), sock=ours)
                return protocol

        return Paired(limit=limits.connections, force_close=False)

    async def serve(self, handler, reader, writer):
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.lost.set()
        finally:
            writer.close()

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        """Read one request with its body."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(h.split(b":")[1]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length")), 0
        )
        body = await reader.readexactly(length)
        self.received.append(head + body)
        return head + body


@pytest.fixture
async def line():
    made = Line()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    for writer in made.writers:
        writer.close()


@pytest.fixture
async def transport(line):
    async with Transport(connector=line.connector) as made:
        yield made


@pytest.fixture
def outgoing():
    def make(**fields) -> Outgoing:
        known = {"url": URL("http://provider.test/v1/chat/completions"), "headers": {}, "body": b"{}"}
        return Outgoing(**(known | fields))

    return make


def reply(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """An HTTP answer."""
    size = len(body) if length is None else length
    head = "\r\n".join(["HTTP/1.1 200 OK", f"content-length: {size}", *headers, "", ""])
    return head.encode() + body


@pytest.fixture
def answering():
    """A handler that gives the same answer to every request."""

    def make(line: Line, body: bytes, *headers: str, length: int | None = None) -> Handler:
        async def handler(reader, writer):
            while True:
                await line.request(reader)
                writer.write(reply(body, *headers, length=length))

        return handler

    return make


@pytest.fixture
def unreachable():
    """Connecting fails, as the client library says it."""
    key = aiohttp.client_reqrep.ConnectionKey("provider.test", 443, True, True, None, None, None)

    def make(kind: type[aiohttp.ClientConnectorError]) -> aiohttp.ClientConnectorError:
        return kind(key, OSError(111, "Connection refused"))

    return make

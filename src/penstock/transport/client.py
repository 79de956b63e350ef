"""The HTTP client: one session per process, warm connections, nothing that a provider does not need."""

import asyncio
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Final, Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.tracing import Trace
from yarl import URL

from penstock import failures
from penstock.transport.causes import failure_of
from penstock.transport.chunks import Chunks

LARGE: Final = 1 << 20
"""Bytes from which a body is written in pieces, so that the loop turns in between."""
PIECE: Final = 1 << 17
"""Bytes of each piece."""
STALE: Final = 0.5
"""Seconds in which a kept connection shows that it was closed while idle."""
USER_AGENT: Final = "penstock"
FAULTS: Final = (aiohttp.ClientError, HttpProcessingError, OSError)

_opened: ContextVar[bool] = ContextVar("opened", default=False)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the network one process takes."""

    connections: int = 2000
    """Connections to all providers together; calls beyond wait for a free one."""
    connections_per_host: int = 1000
    """Connections to one host; calls beyond wait for a free one."""
    keepalive: float = 55.0
    """Seconds that an unused connection is kept; below the 60 s after which many servers close it."""
    dns_ttl: int = 60
    """Seconds that a resolved name is remembered."""
    proxy: str | None = None
    """HTTP proxy for all calls to providers; the environment's proxy variables are not read."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One request. Times are seconds; `deadline` is on the event loop's clock."""

    url: URL
    headers: Mapping[str, str]
    body: bytes = b""
    method: str = "POST"
    connect: float = 5.0
    first_token: float = 60.0
    idle: float = 30.0
    deadline: float = float("inf")


class Incoming(msgspec.Struct, frozen=True):
    """An answer of any status whose body was not read yet. Header names ignore case."""

    status: int
    headers: Mapping[str, str]
    chunks: Chunks


class Connector(aiohttp.TCPConnector):
    """Remembers whether the current call had to open its connection."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        _opened.set(True)
        return await super()._create_connection(req, traces, timeout)


def network(limits: Limits) -> Connector:
    """The connector of a running process."""
    return Connector(
        limit=limits.connections,
        limit_per_host=limits.connections_per_host,
        keepalive_timeout=limits.keepalive,
        ttl_dns_cache=limits.dns_ttl,
    )


class Transport:
    """The process's one client. It opens with the first call and ends with `aclose()`."""

    def __init__(
        self, limits: Limits | None = None, connector: Callable[[Limits], aiohttp.BaseConnector] | None = None
    ) -> None:
        """`connector` opens the connections; unset, they are the network's."""
        self._limits = limits or Limits()
        self._connector = connector or network
        self._session: aiohttp.ClientSession | None = None
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Send, and return as soon as the answer's headers are there, whatever its status.

        Raises Unreachable (name, connection, TLS), Disconnected (before any byte of the answer),
        InvalidAnswer (not HTTP), FirstTokenTimeout (no headers within `first_token`) and
        DeadlineExceeded. Cancelling it cuts the connection.
        """
        loop = asyncio.get_running_loop()
        first_due = loop.time() + outgoing.first_token
        try:
            async with asyncio.timeout_at(min(first_due, outgoing.deadline)):
                response = await self._request(outgoing, loop)
        except TimeoutError:
            raise self._too_late(outgoing, loop.time()) from None
        chunks = Chunks(
            response,
            outgoing.url.raw_host or "",
            first_due=first_due,
            idle=outgoing.idle,
            deadline=outgoing.deadline,
        )
        return Incoming(response.status, response.headers, chunks)

    async def warm(self, url: URL, connect: float = 5.0) -> bool:
        """Open a connection to that host and keep it; say whether something answered there."""
        limit = asyncio.get_running_loop().time() + connect
        headers = {"User-Agent": USER_AGENT}
        try:
            incoming = await self.send(
                Outgoing(url=url, headers=headers, method="HEAD", connect=connect, deadline=limit)
            )
            await incoming.chunks.beginning(LARGE)
        except failures.Failure:
            return False
        return True

    async def aclose(self) -> None:
        """Close every connection; safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _request(self, outgoing: Outgoing, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientResponse:
        """Send once, and again where a kept connection turns out to have been closed while idle.

        That race is nobody's failure: the server said goodbye when the request was on its way. The
        client library settles it for idempotent methods only.
        """
        session = self._open()
        timeout = self._timeouts.get(outgoing.connect) or self._timeout(outgoing.connect)
        while True:
            began = loop.time()
            _opened.set(False)
            try:
                return await session.request(
                    outgoing.method,
                    outgoing.url,
                    data=payload(outgoing.body),
                    headers=outgoing.headers,
                    timeout=timeout,
                    allow_redirects=False,
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if _opened.get() or loop.time() - began > STALE:
                    raise failure_of(error, outgoing.url.raw_host or "") from error
            except FAULTS as error:
                raise failure_of(error, outgoing.url.raw_host or "") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(self._limits),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                proxy=self._limits.proxy,
            )
        return self._session

    def _timeout(self, connect: float) -> aiohttp.ClientTimeout:
        """Only connecting is timed by the library, with waiting for a name and for a free connection.

        One object per distinct limit.
        """
        timeout = aiohttp.ClientTimeout(total=None, connect=connect)
        self._timeouts[connect] = timeout
        return timeout

    def _too_late(self, outgoing: Outgoing, now: float) -> failures.Failure:
        if now >= outgoing.deadline:
            return failures.DeadlineExceeded("The request's time was over before the provider answered.")
        return failures.FirstTokenTimeout(
            f"{outgoing.url.raw_host} answered nothing within {outgoing.first_token:g} s."
        )


class Pieces(aiohttp.payload.Payload):
    """A large body, written piece by piece without ever being copied whole (P15)."""

    _value: bytes

    def __init__(self, body: bytes) -> None:
        super().__init__(body, content_type="application/json")
        self._size = len(body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._value.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write it; the length was announced from `size`, so it is never another one."""
        view = memoryview(self._value)[:content_length]
        for start in range(0, len(view), PIECE):
            await writer.write(view[start : start + PIECE])


def payload(body: bytes) -> bytes | Pieces | None:
    """Return what the library is handed: nothing, the bytes, or something that it writes in pieces (P15)."""
    if not body:
        return None
    return body if len(body) < LARGE else Pieces(body)

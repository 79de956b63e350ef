"""One HTTP request as it comes in: its headers, and its body within bounds of size and time."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import chain
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from penstock.config.tree import Server
from penstock.domain.identity import new_id
from penstock.failures import (
    BodyTimeout,
    BodyTooLarge,
    ClientGone,
    Draining,
    HeadersTooLarge,
    InvalidRequest,
    UnsupportedMedia,
)

Scope = MutableMapping[str, Any]  # wire: ASGI's own shape
Message = MutableMapping[str, Any]  # wire: ASGI's own shape
Receive = Callable[[], Awaitable[Message]]

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 65_536
LARGE: Final = 50_000
"""Bytes from which a body is work: it is parsed in a thread (G9), and not for a client that has left."""
JOINED_AT_ONCE: Final = 1 << 20
"""Bytes up to which a body is put together on the event loop; 30 of 5 MB at once took half a second (P15)."""
MAX_PARAMETERS: Final = 100
DISCARD_BYTES: Final = 64_000_000
"""Of a body that was refused unread, so much is still taken, so that the refusal gets through."""
DISCARD_SECONDS: Final = 1.0

_DIGITS: Final = re.compile(rb"[0-9]{1,18}")


class Watched(Protocol):
    """What is to be started as soon as nothing more is read: it listens for the client's leaving."""

    def start(self, *, at_once: bool) -> None: ...


class Incoming:
    """Headers have lower-case names. Times are seconds."""

    __slots__ = (
        "_is_cut",
        "_limit",
        "_limits",
        "_query",
        "_reading",
        "_receive",
        "_unread",
        "answered_by_gateway",
        "arrived",
        "arrived_at",
        "headers",
        "id",
        "loop",
        "method",
        "parameters",
        "path",
        "raw_headers",
        "route",
        "watch",
    )

    def __init__(
        self, scope: Scope, receive: Receive, limits: Server, reading: "set[Incoming] | None" = None
    ) -> None:
        """`reading` holds the requests whose bodies are still coming in."""
        self.loop = asyncio.get_running_loop()
        self.arrived = time.monotonic()  # the loop's clock, but to the microsecond
        self.arrived_at = time.time()
        self.id = new_id(self.arrived_at)
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.raw_headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.headers: dict[bytes, bytes] = dict(self.raw_headers)
        self.parameters: dict[str, str] = {}
        """Parts of the path that the route left open."""
        self.route = ""
        """The path of the route that answers; empty: there is none."""
        self.answered_by_gateway = False
        """It was handed on, and leaves its record there."""
        self.watch: Watched | None = None
        self._query: bytes = scope["query_string"]
        self._receive = receive
        self._limits = limits
        self._reading: set[Incoming] = set() if reading is None else reading
        self._limit: asyncio.Timeout | None = None
        self._is_cut = False
        self._unread = (
            b"transfer-encoding" in self.headers or self.headers.get(b"content-length", b"0") != b"0"
        )

    def check_headers(self) -> None:
        """Raise HeadersTooLarge over the bounds."""
        count = len(self.raw_headers)
        if count > MAX_HEADERS or sum(map(len, chain.from_iterable(self.raw_headers))) > MAX_HEADER_BYTES:
            raise HeadersTooLarge(
                f"The request has more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes of them."
            )

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last. Raises InvalidRequest for too many."""
        text = self._query.decode("ascii", "replace")
        if text.count("&") >= MAX_PARAMETERS:
            raise InvalidRequest(f"The query has more than {MAX_PARAMETERS} parameters.")
        return dict(parse_qsl(text, keep_blank_values=True))

    @property
    def unread(self) -> bool:
        """Whether some of the body may still be on its way."""
        return self._unread

    def text(self, name: bytes) -> str | None:
        """Return a header as text; None if it is absent or empty."""
        value = self.headers.get(name)
        return value.decode("latin-1").strip() or None if value else None

    async def body(self) -> bytes:
        """Read the body to its end.

        Raises BodyTooLarge as soon as that is known, BodyTimeout after `body_timeout` seconds without
        a byte, UnsupportedMedia for a compressed one, ClientGone, Draining after `cut`.
        """
        expected = self._expected()
        body = await self._read(expected) if self._unread else b""
        if self.watch is not None:
            self.watch.start(at_once=len(body) > LARGE)
        return body

    async def discard(self) -> None:
        """Take what is left of a refused body, within DISCARD_BYTES and DISCARD_SECONDS."""
        left = DISCARD_BYTES
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                while self._unread and left > 0:
                    left -= len(await self._piece())
        except (TimeoutError, ClientGone):
            self._unread = False

    def _expected(self) -> int | None:
        """The announced length of the body, checked; None if it comes in chunks."""
        encoding = self.headers.get(b"content-encoding", b"identity").strip().lower()
        if encoding not in (b"identity", b""):
            raise UnsupportedMedia(
                "Compressed request bodies are not accepted; send it without content-encoding."
            )
        length = self.headers.get(b"content-length")
        if length is None:
            return None
        if not _DIGITS.fullmatch(length):
            raise InvalidRequest("The header content-length is not a number.")
        expected = int(length)
        self._bound(expected)
        return expected

    def cut(self) -> None:
        """Do not wait for the rest of the body: the server is shutting down."""
        self._is_cut = True
        if self._limit is not None:
            self._limit.reschedule(self.loop.time())

    async def _read(self, expected: int | None) -> bytes:
        pieces: list[bytes] = []
        self._reading.add(self)
        try:
            async with asyncio.timeout(self._limits.body_timeout) as self._limit:
                await self._take(pieces, expected, self._limit)
        except TimeoutError:
            self._unread = False
            if self._is_cut:
                raise Draining("The server is shutting down.", retry_after=1.0) from None
            waited = f"{self._limits.body_timeout:g}"
            raise BodyTimeout(f"No byte of the body came for {waited} seconds.") from None
        finally:
            self._reading.discard(self)
        if sum(map(len, pieces)) > JOINED_AT_ONCE:
            return await asyncio.to_thread(b"".join, pieces)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _take(self, pieces: list[bytes], expected: int | None, limit: asyncio.Timeout) -> None:
        """Collect the pieces of the body; each one gives the sender more time."""
        size = 0
        while self._unread:
            piece = await self._piece()
            size += len(piece)
            self._bound(size)
            pieces.append(piece)
            if size == expected:
                self._unread = False
            elif piece and not self._is_cut:
                limit.reschedule(self.loop.time() + self._limits.body_timeout)

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self._unread = False
            raise ClientGone("The request ended before it was complete.")
        self._unread = message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece

    def _bound(self, size: int) -> None:
        if size > self._limits.max_body_bytes:
            raise BodyTooLarge(f"The body is larger than {self._limits.max_body_bytes} bytes.")

"""One HTTP reply as it goes out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from penstock.domain.exchange import Streaming, Whole
from penstock.http.incoming import Incoming, Message

Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

STREAM_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
CLOSE: Final = (b"connection", b"close")


class Outgoing:
    """`begun` once headers are out, and nothing but the rest of the body can follow."""

    __slots__ = ("_bodiless", "_id", "_send", "begun", "status")

    def __init__(self, send: Send, request_id: str, *, bodiless: bool = False) -> None:
        self.begun = False
        self.status = 0
        """As sent; 0 while nothing was."""
        self._send = send
        self._id = request_id.encode("ascii")
        self._bodiless = bodiless

    async def whole(self, reply: Whole, *, close: bool = False) -> None:
        """Send a complete reply; `close` asks the client not to use this connection again."""
        headers = self._headers(reply)
        headers.append((b"content-length", str(len(reply.body)).encode("ascii")))
        if close:
            headers.append(CLOSE)
        await self._start(reply.status, headers)
        await self._piece(b"" if self._bodiless else reply.body, more=False)

    async def stream(self, reply: Streaming, hush: Callable[[], None]) -> None:
        """Send frames as they come, headers and the first of them at once; close the stream in any case.

        `hush` is called first: a client that leaves after the last byte does not disturb the closing.
        """
        try:
            async for frame in reply:
                if not self.begun:
                    await self._start(200, [*STREAM_HEADERS, *self._own(reply.headers)])
                await self._piece(frame, more=True)
            if not self.begun:
                await self._start(200, [*STREAM_HEADERS, *self._own(reply.headers)])
            await self._piece(b"", more=False)
        finally:
            hush()
            await reply.aclose()

    async def end(self, last: bytes) -> None:
        """End a reply that has begun with one last piece."""
        await self._piece(last, more=False)

    async def early(self, reply: Whole, incoming: Incoming) -> None:
        """Refuse a request whose body is not read: say so at once, then take what is on its way.

        A client that sends all before it reads would see a reset instead of the reply.
        """
        await self._start(reply.status, [*self._headers(reply), CLOSE])
        await self._piece(reply.body, more=True)
        await incoming.discard()
        await self._piece(b"", more=False)

    def _headers(self, reply: Whole) -> Headers:
        return [(b"content-type", reply.content_type.encode("ascii", "replace")), *self._own(reply.headers)]

    def _own(self, headers: Mapping[str, str]) -> Headers:
        return [
            (b"x-penstock-request-id", self._id),
            *((name.encode("ascii"), header_value(value)) for name, value in headers.items()),
        ]

    async def _start(self, status: int, headers: Headers) -> None:
        self.begun = True
        self.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _piece(self, body: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def header_value(value: str) -> bytes:
    """Return bytes that are safe in a header, whatever a model's or a provider's name holds."""
    if value.isascii() and value.isprintable():
        return value.encode("ascii")
    return "".join(c if c.isprintable() else " " for c in value).encode("ascii", "backslashreplace")

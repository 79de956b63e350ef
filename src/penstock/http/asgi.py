"""The door: an ASGI application without layers. A path leads to its handler, a reply to the wire."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from penstock.config.tree import Server
from penstock.domain.chat import Dialect
from penstock.domain.exchange import Streaming, Whole
from penstock.failures import ClientGone, Draining, Failure, Internal, InvalidRequest
from penstock.http.failures import render
from penstock.http.incoming import Incoming, Receive, Scope
from penstock.http.outgoing import Outgoing, Send
from penstock.http.routes import Route, Table
from penstock.http.watch import Watch
from penstock.protocols import Spawn
from penstock.wire.codec import Codec

log = logging.getLogger("penstock.http")

CLOSED_BY_CLIENT: Final = ClientGone.status
DIALECTS: Final = {
    "/v1/chat/completions": Dialect.OPENAI_CHAT,
    "/v1/responses": Dialect.OPENAI_RESPONSES,
    "/v1/messages": Dialect.ANTHROPIC_MESSAGES,
    "/v1/embeddings": Dialect.OPENAI_EMBEDDINGS,
    "/v1/completions": Dialect.OPENAI_COMPLETIONS,
}
"""Paths that speak one dialect, whatever the client's headers."""
Note = Callable[[Incoming, int], None]
"""Told of each request when it is over, with the status (0: nothing was sent); must not raise."""


def no_note(incoming: Incoming, status: int) -> None:
    """Note nothing."""


class Door:
    """Answers every request of one port. `codec_of` gives the codec in which failures are told."""

    def __init__(
        self,
        table: Table,
        *,
        limits: Server,
        codec_of: Callable[[Dialect], Codec],
        spawn: Spawn,
        note: Note = no_note,
    ) -> None:
        self._table = table
        self._limits = limits
        self._codec_of = codec_of
        self._spawn = spawn
        self._note = note
        self._running = 0
        self._draining = False
        self._idle = asyncio.Event()
        self._reading: set[Incoming] = set()

    @property
    def running(self) -> int:
        """Requests under way."""
        return self._running

    @property
    def draining(self) -> bool:
        return self._draining

    def drain(self) -> None:
        """From now on refuse new requests with 503, and those that are not complete; the others finish."""
        self._draining = True
        for incoming in tuple(self._reading):
            incoming.cut()
        if not self._running:
            self._idle.set()

    async def idle(self) -> None:
        """Wait, after `drain`, until the last request is over."""
        await self._idle.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self._running += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._running -= 1
            if self._draining and not self._running:
                self._idle.set()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope, receive, self._limits, self._reading)
        outgoing = Outgoing(send, incoming.id, bodiless=incoming.method == "HEAD")
        watch = incoming.watch = Watch(receive, self._spawn, incoming.loop)
        try:
            await self._answer(incoming, outgoing, watch)
        except asyncio.CancelledError:
            if not watch.gone:
                raise
            outgoing.status = CLOSED_BY_CLIENT
        finally:
            watch.close()
            self._note(incoming, outgoing.status)

    async def _answer(self, incoming: Incoming, outgoing: Outgoing, watch: Watch) -> None:
        try:
            route, incoming.parameters = self._table.find(incoming.method, incoming.path)
            incoming.route = route.path
            self._admit(incoming, route)
            await self._send(await route.handler(incoming), outgoing, watch)
        except ClientGone as gone:
            # Broken framing looks the same as a client that left; the former can still be told.
            await self._fail(InvalidRequest(gone.message), incoming, outgoing)
            outgoing.status = CLOSED_BY_CLIENT
        except Failure as failure:
            await self._fail(failure, incoming, outgoing)
        except Exception:
            log.exception("unexpected failure", extra={"request_id": incoming.id, "path": incoming.path})
            internal = Internal(f"Something went wrong on our side; it is logged as {incoming.id}.")
            await self._fail(internal, incoming, outgoing)

    def _admit(self, incoming: Incoming, route: Route) -> None:
        incoming.check_headers()
        if self._draining and route.access != "open":
            raise Draining("The server is shutting down.", retry_after=1.0)

    async def _send(self, reply: Whole | Streaming, outgoing: Outgoing, watch: Watch) -> None:
        if isinstance(reply, Whole):
            await outgoing.whole(reply, close=self._draining)
        else:
            await outgoing.stream(reply, watch.hush)

    async def _fail(self, failure: Failure, incoming: Incoming, outgoing: Outgoing) -> None:
        codec = self._codec_of(dialect_of(incoming))
        if outgoing.begun:
            await outgoing.end(codec.write_failure_frame(failure, incoming.id))
            return
        reply = render(failure, codec, incoming.id)
        if incoming.unread:
            await outgoing.early(reply, incoming)
        else:
            await outgoing.whole(reply, close=self._draining)


def dialect_of(incoming: Incoming) -> Dialect:
    """The dialect in which a failure is told: the path's own, and where it has none, the client's."""
    known = DIALECTS.get(incoming.path)
    if known is not None:
        return known
    anthropic = incoming.path.startswith("/v1/messages") or b"anthropic-version" in incoming.headers
    return Dialect.ANTHROPIC_MESSAGES if anthropic else Dialect.OPENAI_CHAT

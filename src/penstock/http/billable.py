"""The straight line that every billable request takes, whatever its dialect (G24)."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Final

from penstock.domain.chat import ChatRequest
from penstock.domain.exchange import Ask, Complete, Streaming, Whole
from penstock.domain.identity import Principal
from penstock.http.asking import make_ask
from penstock.http.incoming import LARGE, Incoming
from penstock.wire.codec import Codec

Authenticate = Callable[[Incoming], Awaitable[Principal]]
"""Raises Unauthenticated, StorageUnavailable."""

FAILURES: Final = (400, 402, 403, 404, 408, 413, 415, 429, 502, 503, 504)
"""Statuses that such routes may answer with, besides 401; a provider's own 4xx and 5xx go through too."""


class Reader:
    """Authenticates, reads and parses: what comes before the gateway's gate."""

    def __init__(self, authenticate: Authenticate, parsers: Executor) -> None:
        """`parsers` should have one or two threads: parsing holds the interpreter, more only compete."""
        self.authenticate = authenticate
        self._parsers = parsers

    async def read(self, incoming: Incoming, codec: Codec) -> Ask:
        """Raises any RequestFailure."""
        principal = await self.authenticate(incoming)
        body = await incoming.body()
        return make_ask(incoming, await self.parse(incoming, codec, body), principal)

    async def parse(self, incoming: Incoming, codec: Codec, body: bytes) -> ChatRequest:
        if len(body) <= LARGE:
            return codec.read_request(body)
        return await incoming.loop.run_in_executor(self._parsers, codec.read_request, body)


class Billable:
    """Handler of one dialect: read, complete."""

    def __init__(self, reader: Reader, codec: Codec, complete: Complete) -> None:
        self._reader = reader
        self._codec = codec
        self._complete = complete

    async def __call__(self, incoming: Incoming) -> Whole | Streaming:
        ask = await self._reader.read(incoming, self._codec)
        incoming.answered_by_gateway = True
        return await self._complete(ask)

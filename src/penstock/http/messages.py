"""POST /v1/messages, and counting their tokens."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from penstock.domain.exchange import Ask, Whole
from penstock.http.billable import FAILURES, Billable, Reader
from penstock.http.incoming import Incoming
from penstock.http.routes import Route
from penstock.wire.codec import Codec

CountTokens = Callable[[Ask], Awaitable[Whole]]
"""Counts as the model's provider does. Raises NotFound where none can: never a wrong number (G17)."""


class MessagesBody(msgspec.Struct, kw_only=True):
    """What is looked at; everything else is passed on as it came (G15)."""

    model: str
    messages: list[dict[str, Any]]  # wire: described by the dialect, not by us
    max_tokens: int
    stream: bool = False


class CountBody(msgspec.Struct, kw_only=True):
    """What is looked at; system and tools are counted too."""

    model: str
    messages: list[dict[str, Any]]  # wire: described by the dialect, not by us


class Counted(msgspec.Struct, kw_only=True):
    """Tokens of a request's input."""

    input_tokens: int


class Counting:
    """Handler of count_tokens; costs nothing, so it does not pass the gate."""

    def __init__(self, reader: Reader, codec: Codec, count: CountTokens) -> None:
        self._reader = reader
        self._codec = codec
        self._count = count

    async def __call__(self, incoming: Incoming) -> Whole:
        return await self._count(await self._reader.read(incoming, self._codec))


def routes(handler: Billable, counting: Counting) -> tuple[Route, ...]:
    """The routes of this dialect."""
    return (
        Route(
            method="POST",
            path="/v1/messages",
            handler=handler,
            access="key",
            billable=True,
            summary="Answer a conversation (Anthropic's messages).",
            body=MessagesBody,
            failures=FAILURES,
        ),
        Route(
            method="POST",
            path="/v1/messages/count_tokens",
            handler=counting,
            access="key",
            summary="Count the tokens of a conversation, where that is possible exactly.",
            body=CountBody,
            reply=Counted,
            failures=FAILURES,
        ),
    )

"""What the door hands to the gateway, and what it gets back to send."""

from collections.abc import AsyncIterator, Mapping
from typing import Literal, Protocol

import msgspec

from penstock.domain.chat import ChatRequest
from penstock.domain.identity import Principal


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One authenticated request with all that its headers say about it."""

    id: str
    """UUIDv7, given out by the door; the client gets it as `x-penstock-request-id`."""
    request: ChatRequest
    principal: Principal
    arrived: float
    """Seconds on the event loop's clock."""
    arrived_at: float
    """Unix seconds, UTC."""
    headers: tuple[tuple[str, str], ...] = ()
    """Client headers that may go upstream, by allow-list (G16)."""
    deadline: float | None = None
    """Seconds on the event loop's clock, from `x-penstock-deadline-ms`."""
    recovery: Literal["off", "resume", "whole"] | None = None
    max_cost_nanos: int | None = None
    session: str | None = None
    client: str | None = None
    traceparent: str | None = None
    feature: str | None = None
    """What the client does it for, from `x-penstock-feature`: completion, chat, review, ..."""


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A complete reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    content_type: str = "application/json"


class Streaming(Protocol):
    """A reply in pieces. The door closes it in a `finally`, whatever happened."""

    headers: Mapping[str, str]

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes:
        """The next complete frames, never empty. Failures come as the dialect's error event."""
        ...

    async def aclose(self) -> None:
        """Cancel what is under way and settle it. Safe to call twice, and after the end."""
        ...


class Complete(Protocol):
    """The gateway's one function, as others are handed it."""

    async def __call__(self, ask: Ask) -> Whole | Streaming:
        """Answer a request. Raises a Failure while nothing was sent; cancelling it cancels upstream."""
        ...

"""Every socket that a plug-in can fill, on one page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from penstock.domain.chat import Dialect
from penstock.domain.counting import Balance, Claim, Hold, Standing
from penstock.domain.document import Chunked, Count
from penstock.domain.ledger import LedgerRow
from penstock.domain.record import RequestRecord
from penstock.domain.response import StoredResponse
from penstock.wire.codec import Quirks

Spawn = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]  # wire: results vary per task
"""Starts a task that the app owns and awaits at shutdown."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, ready to be sent. Times are seconds; `deadline` is on the event loop's clock."""

    dialect: Dialect
    model: str
    body: bytes
    stream: bool
    key: str = ""
    """Name of the provider key to use."""
    method: str = "POST"
    path: str | None = None
    """Below the provider's base, where it is not the dialect's own: /messages/count_tokens."""
    headers: tuple[tuple[str, str], ...] = ()
    """The client's, by allow-list (G16)."""
    connect: float = 5.0
    first_token: float = 60.0
    idle: float = 30.0
    deadline: float = float("inf")


class ByteStream(Protocol):
    """Chunks as they arrive, cut anywhere. Whoever holds it closes it."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes:
        """Raises UpstreamFailure: Disconnected, IdleTimeout, FirstTokenTimeout."""
        ...

    async def aclose(self) -> None:
        """End the upstream call at once; safe to call twice."""
        ...


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's 2xx: either a whole `body` or a stream of `chunks`."""

    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Lower-case names; those that may reach the client: request ids, rate limits."""
    content_type: str = "application/json"
    body: bytes = b""
    chunks: ByteStream | None = None


class ProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """A named credential of a provider; the secret stays inside the plug-in."""

    name: str
    weight: float = 1.0


class Provider(Protocol):
    """Where models live."""

    keys: Sequence[ProviderKey]
    """At least one; a provider without credentials has one called `none`."""
    quirks: Quirks

    def dialect_for(self, asked: Dialect) -> Dialect | None:
        """The dialect in which this provider takes such a request; None: it cannot serve it."""
        ...

    async def send(self, call: Call) -> Answer:
        """Send one attempt.

        Raises UpstreamFailure for anything but a 2xx of the right content type. A stream is
        returned with its headers, before its first byte was read.
        """
        ...

    async def models(self) -> Sequence[str]:
        """Names that the provider says it has. Raises UpstreamFailure."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Warms(Protocol):
    """A provider whose first call is faster when it was prepared."""

    async def warm(self) -> None:
        """Prepare for calls; never raises."""
        ...


class Journal(Protocol):
    """Where the ledger and the records are written: in groups, in order, durably."""

    def append(self, row: LedgerRow) -> asyncio.Future[None]:
        """Queue a ledger row; the future is done once it is on disk.

        It fails with StorageUnavailable only if neither the database nor the spool can take it.
        """
        ...

    def record(self, record: RequestRecord) -> None:
        """Queue a record; never blocks and never raises, what is dropped is counted."""
        ...


class CounterStore(Protocol):
    """Where limits and budgets are counted, for one process or for many."""

    async def start(self, restore: Callable[[], Awaitable[None]]) -> None:
        """Begin to count. `restore` brings money back from the ledger (it calls `restore` here).

        It is awaited now, and whenever the store may have forgotten something, before more is held.
        Raises StorageUnavailable; the store goes on trying.
        """
        ...

    async def hold(
        self, hold_id: str, claims: Sequence[Claim], amounts: Sequence[int], booked: int = 0
    ) -> Standing:
        """Check all claims and hold all amounts, or nothing, in one step (G22).

        `booked` is as in Hold. Raises StorageUnavailable; then nothing stays held.
        """
        ...

    def settle(self, hold: Hold, tokens: int, nanos: int) -> None:
        """Put the truth in place of what was held, and give slots back. Never blocks, never fails.

        A hold that has ended stays as it is.
        """
        ...

    async def grant(self, key: str, nanos: int, window: float) -> None:
        """Allow so much on top of a counter's limit, in place of what was. Raises StorageUnavailable."""
        ...

    async def restore(self, spent: Mapping[str, int], window: float) -> None:
        """Set counters of money to at least what the ledger says was spent. Raises StorageUnavailable."""
        ...

    async def balances(self, keys: Sequence[str]) -> Sequence[Balance]:
        """How counters of money stand. Raises StorageUnavailable."""
        ...

    @property
    def problem(self) -> str | None:
        """What is wrong with the store; None while it works."""
        ...

    @property
    def replicas(self) -> int:
        """Processes that count here, this one included."""
        ...

    async def aclose(self) -> None: ...


class ResponseStore(Protocol):
    """Where Responses objects are kept. Owners never see each other's (G30)."""

    def put(self, response: StoredResponse) -> None:
        """Queue it to be written; never blocks."""
        ...

    async def get(self, response_id: str, owner: str) -> StoredResponse | None:
        """Raises StorageUnavailable."""
        ...

    async def chain(self, response_id: str, owner: str) -> Sequence[StoredResponse]:
        """A response and all before it, oldest first; empty if there is none. Raises StorageUnavailable."""
        ...

    async def delete(self, response_id: str, owner: str) -> bool:
        """Whether there was one. Raises StorageUnavailable."""
        ...


class CountTokens(Protocol):
    """Counts tokens as a model would."""

    def __call__(self, model: str, text: str) -> tuple[int, bool]:
        """Return the number and whether it is exact."""
        ...


class Chunker(Protocol):
    """Cuts files of the languages it knows where their meaning splits."""

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:
        """Cut `content`: every byte in exactly one piece, none over the budget as `count` counts.

        Never fails for what the bytes are: what cannot be read is cut by lines, and says so.
        """
        ...

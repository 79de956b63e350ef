"""What every dialect module of this room offers; `dialects.of()` gives the one for a dialect."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Event, Reply
from penstock.failures import Failure, UpstreamFailure


class Encoded(msgspec.Struct, frozen=True, kw_only=True):
    """A request body in a provider's dialect, and the parameters that found no place in it."""

    body: bytes
    dropped: tuple[str, ...] = ()


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider's form of a dialect differs, as data."""

    max_tokens_field: str = "max_tokens"
    """Chat completions only: `max_tokens` or `max_completion_tokens`."""
    stream_usage: bool = True
    """Takes `stream_options.include_usage`."""
    drop: frozenset[str] = frozenset()
    """Top-level parameters that the provider refuses; removed and named in a reply header (G15)."""
    developer_role: bool = True
    """Takes the role `developer`; otherwise it becomes `system`."""
    reasoning_field: str | None = None
    """Chat completions only: the field of an assistant's message in which it takes reasoning back."""
    default_max_output_tokens: int = 4096
    """Anthropic requires `max_tokens`; used when the client's dialect does not and it is unset."""


class StreamReader(Protocol):
    """Reads one upstream stream, frame by frame; holds the state that the dialect needs."""

    extra: bool
    """The frame read last exists only because we asked for usage: hide it from a client who did not."""

    def read(self, frame: bytes) -> tuple[Event, ...]:
        """Read one complete SSE frame (with its terminating blank line); comments give ().

        Raises an UpstreamFailure: the error that the frame carries, or InvalidAnswer for one that
        is not JSON or not of this dialect.
        """
        ...


class StreamWriter(Protocol):
    """Writes one stream to a client, event by event."""

    def write(self, event: Event) -> bytes:
        """Return the frames that this event makes, b"" for none (yet)."""
        ...


class Codec(Protocol):
    """One dialect. All functions are pure; bad input from a client raises InvalidRequest."""

    dialect: Dialect

    def read_request(self, body: bytes) -> ChatRequest:
        """Check the body (JSON object, UTF-8, no duplicate keys, bounded depth) and pick the facts."""
        ...

    def address(self, request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
        """Edit the raw body for a target that speaks this same dialect: `model`, usage, drops.

        Everything else stays as it came, in its order (G15).
        """
        ...

    def decode(self, body: bytes) -> Conversation: ...

    def encode(self, conversation: Conversation, model: str, quirks: Quirks) -> Encoded: ...

    def read_reply(self, body: bytes) -> Reply:
        """Read a complete answer. Raises an UpstreamFailure for an error object or cut JSON."""
        ...

    def write_reply(self, reply: Reply, request: ChatRequest) -> bytes: ...

    def reader(self) -> StreamReader: ...

    def writer(self, request: ChatRequest) -> StreamWriter: ...

    def write_failure(self, failure: Failure, request_id: str) -> bytes:
        """The dialect's own error body (JSON)."""
        ...

    def write_failure_frame(self, failure: Failure, request_id: str) -> bytes:
        """The dialect's own error event, for a stream that has begun."""
        ...

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamFailure:
        """Map an error reply to the tree: status first, body code second, wording never (G10)."""
        ...

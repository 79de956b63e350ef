"""What is remembered of one request: `GET /admin/requests/ID` and `penstock explain`."""

from typing import Any

import msgspec

from penstock.domain.usage import Usage


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call to one target. Times are milliseconds since the request arrived."""

    number: int
    provider: str
    model: str
    key: str = ""
    """Name of the provider key, never the key."""
    started_ms: float = 0.0
    connected_ms: float | None = None
    first_token_ms: float | None = None
    ended_ms: float = 0.0
    outcome: str = "ok"
    """`ok` or a failure's code."""
    status: int | None = None
    """The provider's HTTP status."""
    upstream_request_id: str | None = None
    usage: Usage | None = None
    cost_nanos: int | None = 0
    price_version: str = ""
    excerpt: str | None = None
    """The beginning of an answer that could not be understood."""


class RequestRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole record. `content` is set only if `records.content` allows it."""

    id: str
    at: float
    """Unix seconds, UTC, at arrival."""
    dialect: str
    model_asked: str
    stream: bool = False
    key_id: str = ""
    key_name: str = ""
    user: str | None = None
    team: str | None = None
    organization: str | None = None
    session: str | None = None
    client: str | None = None
    """The caller's user agent."""
    traceparent: str | None = None
    feature: str | None = None
    status: int = 200
    code: str = "ok"
    """`ok` or the failure's code that the caller got."""
    message: str | None = None
    target: str = ""
    """provider/model that answered."""
    model_answered: str = ""
    """As the answer itself named it (G21)."""
    finish_reason: str | None = None
    first_token_ms: float | None = None
    total_ms: float = 0.0
    overhead_ms: float = 0.0
    """Time that was ours, not the provider's."""
    usage: Usage | None = None
    cost_nanos: int | None = 0
    """Sum over attempts; None if a price is not known."""
    price_version: str = ""
    attempts: tuple[AttemptRecord, ...] = ()
    dropped: tuple[str, ...] = ()
    """Parameters that the target could not take."""
    content: dict[str, Any] | None = None  # wire: request and reply as they were

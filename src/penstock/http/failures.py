"""Failures as replies, in the dialect of the caller."""

import math
from collections.abc import Mapping
from typing import Final

from penstock.domain.exchange import Whole
from penstock.failures import (
    BodyTimeout,
    ContentFilter,
    ContextLength,
    Failure,
    KeyRejected,
    MethodNotAllowed,
    ModelMissing,
    QuotaExhausted,
    Rejected,
    RequestFailure,
    TooLargeForLimit,
    status_of,
)
from penstock.transport.headers import PASSED
from penstock.wire.codec import Codec

HOPELESS: Final = (
    RequestFailure,
    QuotaExhausted,
    TooLargeForLimit,
    ContextLength,
    ContentFilter,
    Rejected,
    KeyRejected,
    ModelMissing,
)
"""The same request would fail again (G11)."""
WAIT_STATUSES: Final = frozenset({429, 503, 529})
DEFAULT_WAIT: Final = 1.0
"""Seconds to wait where nobody said how long."""


class WrongMethod(MethodNotAllowed):
    """405; `allowed` goes into the header Allow."""

    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


def render(failure: Failure, codec: Codec, request_id: str) -> Whole:
    """Return the reply for a failure; what upstream said goes through where the dialect is the same."""
    status = status_of(failure)
    headers = headers_of(failure, status)
    upstream = failure.upstream
    if (
        upstream is not None
        and upstream.body
        and upstream.status == status
        and upstream.dialect == codec.dialect.value
    ):
        return Whole(
            status=status,
            headers=headers,
            body=upstream.body,
            content_type=upstream.content_type or "application/json",
        )
    return Whole(status=status, headers=headers, body=codec.write_failure(failure, request_id))


def headers_of(failure: Failure, status: int) -> dict[str, str]:
    """Return what the caller is told about trying again, and upstream's headers as `x-upstream-*`."""
    headers = upstream_headers(failure.upstream.headers) if failure.upstream else {}
    headers.update(failure.headers)
    if isinstance(failure, WrongMethod):
        headers["allow"] = failure.allowed
    if isinstance(failure, HOPELESS) and not isinstance(failure, BodyTimeout):
        headers["x-should-retry"] = "false"
    if failure.retry_after is not None or (status in WAIT_STATUSES and "x-should-retry" not in headers):
        wait = DEFAULT_WAIT if failure.retry_after is None else max(0.0, failure.retry_after)
        headers["retry-after"] = str(math.ceil(wait))
        headers["retry-after-ms"] = str(math.ceil(wait * 1000))
    return headers


def upstream_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Name a provider's headers as those of its successful replies are named."""
    return {_upstream_name(name): value for name, value in headers.items()}


def _upstream_name(name: str) -> str:
    if name in PASSED or name.startswith("x-upstream-"):
        return name
    return "x-upstream-" + name.removeprefix("x-")

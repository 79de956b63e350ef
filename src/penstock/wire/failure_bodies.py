"""Our failures as the error bodies that each vendor's clients know."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from penstock.domain.chat import Dialect
from penstock.failures import Failure, KeyRejected

_OPENAI_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    429: "rate_limit_error",
}
_ANTHROPIC_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_encode = msgspec.json.Encoder().encode


def unmodified(failure: Failure, dialect: Dialect) -> bytes | None:
    """Return the provider's own error body, if the client speaks its dialect and it is one of an error (G17).

    Not for a key of ours that was refused: the body may quote it, and it is not the caller's matter.
    """
    upstream = failure.upstream
    if upstream is None or upstream.dialect != dialect or isinstance(failure, KeyRejected):
        return None
    try:
        value = msgspec.json.decode(upstream.body)
    except (ValueError, RecursionError):
        return None
    is_error = isinstance(value, dict) and "error" in value and upstream.status >= 400
    return upstream.body if is_error else None


def openai_error(failure: Failure) -> dict[str, Any]:  # wire: OpenAI's Error object
    """Return the four fields of OpenAI's error object."""
    fallback = "server_error" if failure.status >= 500 else "invalid_request_error"
    return {
        "message": failure.message,
        "type": _OPENAI_TYPES.get(failure.status, fallback),
        "param": failure.param,
        "code": failure.code,
    }


def openai(failure: Failure, dialect: Dialect) -> bytes:
    """Write the body for any of OpenAI's interfaces."""
    return unmodified(failure, dialect) or _encode({"error": openai_error(failure)})


def anthropic(failure: Failure, request_id: str) -> bytes:
    """Write the body for Messages."""
    return unmodified(failure, Dialect.ANTHROPIC_MESSAGES) or _anthropic(failure, request_id)


def one_line(body: bytes) -> bytes:
    """Fit a JSON body into one line of an event; within strings, JSON has no bare line ends."""
    return body.replace(b"\r", b" ").replace(b"\n", b" ")


def _anthropic(failure: Failure, request_id: str) -> bytes:
    fallback = "api_error" if failure.status >= 500 else "invalid_request_error"
    error = {"type": _ANTHROPIC_TYPES.get(failure.status, fallback), "message": failure.message}
    return _encode({"type": "error", "error": error, "request_id": request_id})

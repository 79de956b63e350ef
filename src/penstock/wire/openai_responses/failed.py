"""A failure as the end of a Responses stream: an `error` event, then `response.failed`."""

import time
from typing import Any

import msgspec

from penstock.domain.chat import Dialect
from penstock.failures import Failure
from penstock.wire import failure_bodies, sse
from penstock.wire.openai_responses import envelope

_encode = msgspec.json.Encoder().encode


def frames(failure: Failure, request_id: str) -> bytes:
    """Write both events, as OpenAI does: some clients look for the one, some for the other.

    The error's fields stand in the event itself (as documented) and under `error` (as sent).
    """
    error = _error(failure)
    event = {**error, "type": "error", "sequence_number": 0, "error": error}
    code = "rate_limit_exceeded" if failure.status == 429 else "server_error"
    response = {
        **envelope.around(f"resp_{request_id}", "", int(time.time()), {}),
        "status": "failed",
        "error": {"code": code, "message": failure.message},
    }
    failed = {"type": "response.failed", "response": response, "sequence_number": 1}
    return sse.event_frame("error", _encode(event)) + sse.event_frame("response.failed", _encode(failed))


def _error(failure: Failure) -> dict[str, Any]:  # wire: the four fields of an error
    body = failure_bodies.unmodified(failure, Dialect.OPENAI_RESPONSES)
    said = msgspec.json.decode(body).get("error") if body else None
    known = failure_bodies.openai_error(failure)
    return {name: said.get(name, known[name]) for name in known} if isinstance(said, dict) else known

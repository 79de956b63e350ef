"""What a request's headers say, checked."""

import re
from typing import Final, Literal, cast

from penstock.domain.chat import ChatRequest
from penstock.domain.exchange import Ask
from penstock.domain.identity import Principal
from penstock.domain.money import NANOS_PER_USD
from penstock.failures import InvalidRequest
from penstock.http.incoming import Incoming

Recovery = Literal["off", "resume", "whole"]

PASSED: Final = frozenset({b"traceparent", b"openai-beta", b"idempotency-key"})
"""Client headers that go upstream, with all of `anthropic-*` (G16)."""
SESSIONS: Final = (b"session-id", b"x-claude-code-session-id", b"x-session-id", b"x-penstock-session")
RECOVERIES: Final = ("off", "resume", "whole")
LONGEST_NAME: Final = 200
"""Characters kept of a session's or a client's name."""
LONGEST_DEADLINE_MS: Final = 24 * 3600 * 1000

_MILLISECONDS: Final = re.compile(r"[0-9]{1,9}")
_DOLLARS: Final = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,9}))?")
_TRACEPARENT: Final = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def make_ask(incoming: Incoming, request: ChatRequest, principal: Principal) -> Ask:
    """Put together what the gateway is asked. Raises InvalidRequest for a header without sense."""
    headers = incoming.headers
    traceparent = headers.get(b"traceparent")
    if traceparent is not None and not _TRACEPARENT.fullmatch(traceparent):
        traceparent = None
    return Ask(
        id=incoming.id,
        request=request,
        principal=principal,
        arrived=incoming.arrived,
        arrived_at=incoming.arrived_at,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in incoming.raw_headers
            if (name in PASSED or name.startswith(b"anthropic-"))
            and (traceparent is not None or name != b"traceparent")
        ),
        deadline=deadline(incoming),
        recovery=recovery(incoming),
        max_cost_nanos=max_cost(incoming),
        session=session(incoming),
        client=text(headers.get(b"user-agent")),
        traceparent=None if traceparent is None else traceparent.decode("ascii"),
        feature=text(headers.get(b"x-penstock-feature")),
    )


def deadline(incoming: Incoming) -> float | None:
    """Seconds on the loop's clock, from `x-penstock-deadline-ms`, counted from the arrival."""
    value = incoming.text(b"x-penstock-deadline-ms")
    if value is None:
        return None
    if not _MILLISECONDS.fullmatch(value) or not 0 < int(value) <= LONGEST_DEADLINE_MS:
        raise InvalidRequest(
            "x-penstock-deadline-ms must be a number of milliseconds, at most one day.",
            param="x-penstock-deadline-ms",
        )
    return incoming.arrived + int(value) / 1000


def recovery(incoming: Incoming) -> Recovery | None:
    value = incoming.text(b"x-penstock-recovery")
    if value is None:
        return None
    if value not in RECOVERIES:
        raise InvalidRequest("x-penstock-recovery must be off, resume or whole.", param="x-penstock-recovery")
    return cast(Recovery, value)


def max_cost(incoming: Incoming) -> int | None:
    """Nano-dollars, from `x-penstock-max-cost-usd`: a decimal number with at most nine decimals."""
    value = incoming.text(b"x-penstock-max-cost-usd")
    if value is None:
        return None
    match = _DOLLARS.fullmatch(value)
    if not match:
        raise InvalidRequest(
            "x-penstock-max-cost-usd must be a number of US dollars such as 0.05.",
            param="x-penstock-max-cost-usd",
        )
    return int(match[1]) * NANOS_PER_USD + int((match[2] or "").ljust(9, "0"))


def session(incoming: Incoming) -> str | None:
    """The first of the headers that clients name their sessions by."""
    for name in SESSIONS:
        value = text(incoming.headers.get(name))
        if value:
            return value
    return None


def text(value: bytes | None) -> str | None:
    """Return a header as text of bounded length, without control characters."""
    if not value:
        return None
    found = value[: LONGEST_NAME * 4].decode("utf-8", "replace")[:LONGEST_NAME]
    return found if found.isprintable() else "".join(c for c in found if c.isprintable()) or None

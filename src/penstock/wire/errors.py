"""A provider's error reply -> the tree of failures: status first, body code second (G10).

Wording never decides. Two kinds of *figures* are read from a message, because no field has them:
how long to wait ("... in 26.604s"), and a pair that says how much was asked for and how much is
allowed ("Limit 30000, Requested 30601"; "208310 tokens > 200000"). A request above its limit can
never succeed, and its codes are those of an ordinary rate limit; only the figures differ.
"""

import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import msgspec

from penstock.failures import (
    ContentFilter,
    ContextLength,
    InvalidAnswer,
    KeyRejected,
    ModelMissing,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Rejected,
    ServerFault,
    TooLargeForLimit,
    Upstream,
    UpstreamFailure,
)

Kind = type[UpstreamFailure]
_T = TypeVar("_T")

_QUOTA: Final = (
    "insufficient_quota", "quota_exceeded", "billing_error", "billing_hard_limit_reached",
    "billing_not_active", "insufficient_balance", "exceeded_current_quota_error",
    "enforced_spend_limit_reached", "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached", "organization_on_hold", "credits_exhausted",
    "payment_required", "access_terminated",
)  # fmt: skip
_OVERLOADED: Final = (
    "overloaded_error", "overloaded", "engine_overloaded", "engine_overloaded_error", "server_overloaded",
    "service_tier_capacity_exceeded", "capacity_exceeded", "3505",
)  # fmt: skip
_FILTERED: Final = (
    "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "moderation_blocked",
    "image_content_policy_violation", "bio_policy", "prohibited_content", "safety", "content_filtered",
)  # fmt: skip
# Codes that say more than the status does, whatever the status.
_BY_CODE: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(_QUOTA, QuotaExhausted),
    **dict.fromkeys(_OVERLOADED, Overloaded),
    **dict.fromkeys(_FILTERED, ContentFilter),
    "context_length_exceeded": ContextLength,
    "context_window_exceeded": ContextLength,
    "model_context_window_exceeded": ContextLength,
    "exceed_context_size_error": ContextLength,  # llama.cpp
    "model_not_found": ModelMissing,
    "deploymentnotfound": ModelMissing,
    "invalid_api_key": KeyRejected,
    "api_key_invalid": KeyRejected,  # Google sends it with 400
}
# What stands in for a status where there is none: an error inside a 200.
_STATUS_OF: Final[Mapping[str, int]] = {
    "invalid_request_error": 400, "invalid_prompt": 400, "invalid_argument": 400, "failed_precondition": 400,
    "invalid_value": 400, "authentication_error": 401, "unauthenticated": 401, "permission_error": 403,
    "permission_denied": 403, "not_found_error": 404, "not_found": 404, "request_too_large": 413,
    "rate_limit_error": 429, "rate_limit_exceeded": 429, "rate_limited": 429, "resource_exhausted": 429,
    "tokens": 429, "requests": 429, "too many requests": 429, "too_many_requests": 429,
    "server_error": 500, "api_error": 500, "internal_server_error": 500, "internal": 500,
    "unavailable": 503, "service_unavailable": 503, "timeout_error": 504, "deadline_exceeded": 504,
}  # fmt: skip
_PASSED_ON: Final = (
    "retry-after", "x-ratelimit-", "anthropic-ratelimit-", "anthropic-organization-id", "request-id",
    "x-request-id", "apim-request-id", "openai-", "x-should-retry", "cf-ray", "x-ms-",
)  # fmt: skip
_SECONDS: Final = re.compile(r"^\d+(?:\.\d+)?$")
_DURATION: Final = re.compile(r"(?<![\w.])(?:(\d+)h)?(?:(\d+)m(?!s))?(\d+(?:\.\d+)?) ?(ms|s|seconds?)(?!\w)")
_LIMIT: Final = re.compile(r"\bLimit:? (\d+)")
_REQUESTED: Final = re.compile(r"\bRequested:? (\d+)")
_ABOVE: Final = re.compile(r"(\d+) tokens > (\d+)")
_UNTOLD: Final = 500


def classify(status: int, headers: Mapping[str, str], body: bytes, dialect: str) -> UpstreamFailure:
    """Map an error reply to the tree. `headers` may have names in any case.

    A status of 200 stands for an error inside a body or a stream that began well: what its fields
    say then takes the status's place.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    error = _error_of(body)
    codes = tuple(_codes(error))
    message = _message_of(error)
    kind = _kind(status if status >= 400 else _implied_status(codes), codes, message, error)
    said = f": {message}" if message and kind is not KeyRejected else "."
    return kind(
        f"The provider answered {status}{said}" if status >= 400 else f"The provider sent an error{said}",
        param=_text(error.get("param")),
        retry_after=_wait(lower, error, message) if kind in _WAITING else None,
        upstream=Upstream(
            status=status,
            body=body,
            content_type=lower.get("content-type", ""),
            headers={name: value for name, value in lower.items() if name.startswith(_PASSED_ON)},
            dialect=dialect,
        ),
    )


_WAITING: Final = (RateLimited, QuotaExhausted, TooLargeForLimit, Overloaded, ServerFault)


def not_an_answer(body: bytes, why: str, dialect: str) -> InvalidAnswer:
    """Return the failure for a 200 whose body or frame is not of the dialect."""
    upstream = Upstream(status=200, body=body, dialect=dialect)
    return InvalidAnswer(f"The provider's answer could not be understood: {why}.", upstream=upstream)


def understood(decoder: "msgspec.json.Decoder[_T]", data: bytes, dialect: str) -> _T:
    """Decode what a provider sent with a 200. Raises InvalidAnswer for anything else."""
    try:
        return decoder.decode(data)
    except (ValueError, RecursionError) as error:
        raise not_an_answer(data, str(error), dialect) from None


def is_given(error: msgspec.Raw) -> bool:
    """Say whether a member `error` was there and was not null."""
    return bytes(error) not in (b"", b"null")


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds to wait that lower-case headers ask for; None without a readable one.

    A date is counted from the reply's own `date`, so that clocks need not agree, else from `now`
    (Unix seconds; None takes the clock's). A date in the past is 0.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _SECONDS.match(milliseconds):
        return float(milliseconds) / 1000
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.match(asked):
        return float(asked)
    at = _http_date(asked)
    if at is None:
        return None
    told = _http_date(headers.get("date", ""))
    reference = told if told is not None else (time.time() if now is None else now)
    return max(0.0, at - reference)


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _kind(status: int, codes: tuple[str, ...], message: str, error: Mapping[str, object]) -> Kind:
    told = next((_BY_CODE[code] for code in codes if code in _BY_CODE), None)
    if told is not None and not (told is KeyRejected and status == 429):
        return told
    if _is_context(status, message, error):
        return ContextLength
    if status in (413, 429) and _too_large(error, message):
        return TooLargeForLimit
    if status == 429 and any("perday" in code for code in codes):
        return QuotaExhausted  # Google's quotaId of a limit per day
    if status == 403 and _moderated(error):
        return ContentFilter
    return _by_status(status)


def _by_status(status: int) -> Kind:
    if status >= 500:
        return Overloaded if status == 529 else ServerFault
    return _STATUSES.get(status, Rejected)


_STATUSES: Final[Mapping[int, Kind]] = {
    401: KeyRejected,
    402: QuotaExhausted,
    403: KeyRejected,
    404: ModelMissing,
    408: ServerFault,
    429: RateLimited,
    498: Overloaded,  # Groq: no capacity for flex
}


def _too_large(error: Mapping[str, object], message: str) -> bool:
    """Say whether this request alone is above the limit. Azure has a code for it, in capitals."""
    limit, requested = _LIMIT.search(message), _REQUESTED.search(message)
    if limit and requested:
        return int(requested.group(1)) > int(limit.group(1))
    return error.get("code") == "RATE_LIMITED"


def _is_context(status: int, message: str, error: Mapping[str, object]) -> bool:
    """Anthropic gives the two figures; vLLM names the parameter."""
    if status != 400:
        return False
    above = _ABOVE.search(message)
    return error.get("param") == "input_tokens" or bool(above and int(above[1]) > int(above[2]))


def _moderated(error: Mapping[str, object]) -> bool:
    metadata = error.get("metadata")  # OpenRouter
    return isinstance(metadata, dict) and bool(metadata.get("reasons"))


def _implied_status(codes: tuple[str, ...]) -> int:
    for code in codes:
        if code.isdigit() and 400 <= int(code) <= 599:
            return int(code)
    return next((_STATUS_OF[code] for code in codes if code in _STATUS_OF), _UNTOLD)


def _wait(headers: Mapping[str, str], error: Mapping[str, object], message: str) -> float | None:
    told = retry_after(headers)
    if told is not None:
        return told
    for detail in _objects(error.get("details")):
        delay = detail.get("retryDelay")  # Google's RetryInfo
        if isinstance(delay, str) and _SECONDS.match(delay.removesuffix("s")):
            return float(delay.removesuffix("s"))
    found = _DURATION.search(message)
    if found is None:
        return None
    hours, minutes, count, unit = found.groups()
    seconds = float(count) / 1000 if unit == "ms" else float(count)
    return seconds + 60 * int(minutes or 0) + 3600 * int(hours or 0)


def _codes(error: Mapping[str, object]) -> Iterator[str]:
    """Yield every code that a body carries, in lower case, the most telling first."""
    details = error.get("details")
    inner = error.get("innererror")
    for holder in (inner, details, error):
        for fields in _objects(holder):
            for name in ("error_code", "code", "type", "status", "reason"):
                value = fields.get(name)
                if isinstance(value, str | int) and not isinstance(value, bool):
                    yield str(value).lower()
            for violation in _objects(fields.get("violations")):
                yield str(violation.get("quotaId", "")).lower()


def _error_of(body: bytes) -> dict[str, Any]:  # wire: whatever a provider says
    """Return the error's own fields, out of all the forms that they come in."""
    value = _json(body)
    if isinstance(value, list) and value:
        value = value[0]  # Google, in streams
    for _ in range(3):
        if not isinstance(value, dict):
            return {"message": value} if isinstance(value, str) else {}
        inner = _nested(value)
        if inner is None:
            return value
        value = inner
    return value if isinstance(value, dict) else {}


def _nested(value: Mapping[str, object]) -> object:
    """Return the error within: a member, or JSON in the text of a message or of `metadata.raw`."""
    response = value.get("response")
    if isinstance(response, dict) and response.get("error"):
        return response["error"]
    if value.get("error"):
        return value["error"]
    metadata = value.get("metadata")
    for text in (value.get("message"), metadata.get("raw") if isinstance(metadata, dict) else None):
        if isinstance(text, str) and text.lstrip().startswith("{"):
            inner = _json(text.encode())
            if isinstance(inner, dict):
                return inner
    return None


def _json(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def _objects(value: object) -> list[dict[str, Any]]:  # wire: whatever a provider says
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _message_of(error: Mapping[str, object]) -> str:
    return _text(error.get("message")) or _text(error.get("detail")) or ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

"""Every way in which a request can fail, as one tree.

    Failure
    ├── RequestFailure                 the caller's doing; never retried
    │   ├── InvalidRequest      400    malformed JSON, wrong types, unsupported feature
    │   ├── Unauthenticated     401
    │   ├── CostCeiling         402    x-penstock-max-cost-usd, a price that is not known
    │   ├── BudgetExhausted     402    a budget of ours is used up; `code` says whose
    │   ├── Forbidden           403
    │   ├── UnknownModel        404    nothing is configured under that name
    │   ├── NotFound            404    no such resource or path
    │   ├── MethodNotAllowed    405
    │   ├── BodyTimeout         408    the sender went silent
    │   ├── Conflict            409
    │   ├── BodyTooLarge        413
    │   ├── UnsupportedMedia    415    a content encoding that is not read
    │   ├── HeadersTooLarge     431    too many, or too long
    │   └── ClientGone          499
    ├── UpstreamFailure                a provider's doing
    │   ├── RateLimited         429    wait as told
    │   ├── QuotaExhausted      429    no money left with the provider: the key is set aside
    │   ├── TooLargeForLimit    429    this request alone exceeds the limit
    │   ├── Overloaded          529    provider-wide
    │   ├── ServerFault         5xx    500-504, 408
    │   ├── Unreachable         502    name resolution, refused, TLS
    │   ├── Disconnected        502    reset before any byte
    │   ├── InvalidAnswer       502    200 with nonsense: cut JSON, an HTML page, one endless event
    │   ├── Truncated           502    the stream ended without its proper end
    │   ├── Diverged            502    a second answer contradicts what was sent of the first
    │   ├── FirstTokenTimeout   504    accepted, and silent
    │   ├── IdleTimeout         504    silent between chunks
    │   ├── ContextLength       400    a larger-context target may take it
    │   ├── ContentFilter       400    the reason reaches the client
    │   ├── Rejected            4xx    any other refusal of the request itself
    │   ├── KeyRejected         502    401 and 403 from the provider: our key is at fault, not the caller's
    │   └── ModelMissing        404    the provider does not have the model
    └── GatewayFailure                 ours
        ├── LimitReached        429    a limit of ours; `code` says whose
        ├── DeadlineExceeded    504
        ├── Draining            503
        ├── StorageUnavailable  503
        └── Internal            500

A provider maps its wire to this tree by status first and body code second, never by wording.
The door renders a failure in the caller's dialect.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import msgspec


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider really said, so that a same-dialect client can be given it unmodified."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Lower-case names; only those that may be passed on."""
    dialect: str = ""


class Failure(Exception):
    """Root of the tree. `message` is meant for the caller and holds no secret."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    headers: Mapping[str, str] = MappingProxyType({})
    """Told to the caller with it; names in lower case."""
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
        upstream: Upstream | None = None,
    ) -> None:
        """`retry_after` is in seconds; `param` names the offending field."""
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after
        self.upstream = upstream


def status_of(failure: Failure) -> int:
    """The status that the caller is told: the provider's own error, but not what it says of our key (G14)."""
    upstream = failure.upstream
    if upstream is None or upstream.status < 400 or isinstance(failure, KeyRejected):
        return failure.status
    return upstream.status


class RequestFailure(Failure):
    status = 400
    code = "invalid_request"


class InvalidRequest(RequestFailure):
    pass


class Unauthenticated(RequestFailure):
    status = 401
    code = "invalid_api_key"


class CostCeiling(RequestFailure):
    status = 402
    code = "cost_ceiling"


class BudgetExhausted(RequestFailure):
    status = 402
    code = "budget_exhausted"


class Forbidden(RequestFailure):
    status = 403
    code = "forbidden"


class UnknownModel(RequestFailure):
    status = 404
    code = "model_not_found"


class NotFound(RequestFailure):
    status = 404
    code = "not_found"


class MethodNotAllowed(RequestFailure):
    status = 405
    code = "method_not_allowed"


class BodyTimeout(RequestFailure):
    status = 408
    code = "body_timeout"


class Conflict(RequestFailure):
    status = 409
    code = "conflict"


class BodyTooLarge(RequestFailure):
    status = 413
    code = "body_too_large"


class UnsupportedMedia(RequestFailure):
    status = 415
    code = "unsupported_media_type"


class HeadersTooLarge(RequestFailure):
    status = 431
    code = "headers_too_large"


class ClientGone(RequestFailure):
    status = 499
    code = "client_closed_request"


class UpstreamFailure(Failure):
    status = 502
    code = "upstream_error"


class RateLimited(UpstreamFailure):
    status = 429
    code = "upstream_rate_limited"
    retryable = True


class QuotaExhausted(UpstreamFailure):
    status = 429
    code = "upstream_quota_exhausted"


class TooLargeForLimit(UpstreamFailure):
    status = 429
    code = "upstream_request_too_large"


class Overloaded(UpstreamFailure):
    status = 529
    code = "upstream_overloaded"
    retryable = True


class ServerFault(UpstreamFailure):
    status = 502
    code = "upstream_server_error"
    retryable = True


class Unreachable(UpstreamFailure):
    code = "upstream_unreachable"
    retryable = True


class Disconnected(UpstreamFailure):
    code = "upstream_disconnected"
    retryable = True


class InvalidAnswer(UpstreamFailure):
    code = "upstream_invalid_response"
    retryable = True


class Truncated(UpstreamFailure):
    code = "upstream_stream_truncated"
    retryable = True


class Diverged(UpstreamFailure):
    code = "upstream_stream_truncated"


class FirstTokenTimeout(UpstreamFailure):
    status = 504
    code = "upstream_first_token_timeout"


class IdleTimeout(UpstreamFailure):
    status = 504
    code = "upstream_idle_timeout"


class ContextLength(UpstreamFailure):
    status = 400
    code = "context_length_exceeded"


class ContentFilter(UpstreamFailure):
    status = 400
    code = "content_filter"


class Rejected(UpstreamFailure):
    status = 400
    code = "upstream_rejected"


class KeyRejected(UpstreamFailure):
    code = "upstream_key_rejected"


class ModelMissing(UpstreamFailure):
    status = 404
    code = "upstream_model_not_found"


class GatewayFailure(Failure):
    pass


class LimitReached(GatewayFailure):
    status = 429
    code = "limit_reached"
    retryable = True


class DeadlineExceeded(GatewayFailure):
    status = 504
    code = "deadline_exceeded"


class Draining(GatewayFailure):
    status = 503
    code = "draining"


class StorageUnavailable(GatewayFailure):
    status = 503
    code = "storage_unavailable"


class Internal(GatewayFailure):
    pass

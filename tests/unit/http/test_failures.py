"""Failures as replies."""

import pytest

from penstock.domain.chat import Dialect
from penstock.failures import (
    BodyTimeout,
    Draining,
    InvalidAnswer,
    InvalidRequest,
    KeyRejected,
    QuotaExhausted,
    RateLimited,
    Upstream,
)
from penstock.http.failures import WrongMethod, render, upstream_headers

CHAT = Dialect.OPENAI_CHAT
SAID = Upstream(
    status=418,
    body=b'{"error":{"message":"short and stout"}}',
    content_type="application/problem+json",
    headers={"x-request-id": "req_1", "x-upstream-limit": "3"},
    dialect="openai_chat",
)


def test_same_dialect_goes_through_unmodified(codec_of):
    """Upstream's status, body and type reach a client of the same dialect (G17)."""
    reply = render(RateLimited("slow down", upstream=SAID), codec_of(CHAT), "id")
    assert (reply.status, reply.body, reply.content_type) == (418, SAID.body, "application/problem+json")
    assert reply.headers["x-request-id"] == "req_1"


def test_other_dialect_is_translated(codec_of):
    """A client of another dialect gets the status, and its own dialect's body."""
    reply = render(RateLimited("slow", upstream=SAID), codec_of(Dialect.ANTHROPIC_MESSAGES), "id")
    assert (reply.status, reply.body != SAID.body) == (418, True)


def test_our_keys_fault_is_a_502(codec_of):
    """That a provider refused our key is no fault of the caller's: 502, without upstream's words."""
    refused = Upstream(status=401, body=b"{}", dialect="openai_chat")
    reply = render(KeyRejected("refused", upstream=refused), codec_of(CHAT), "id")
    assert (reply.status, reply.headers["x-should-retry"]) == (502, "false")
    assert reply.body != b"{}"


def test_error_in_a_200_is_never_a_200(codec_of):
    """A provider's 200 with an error body has the failure's status (G14, P01)."""
    said = Upstream(status=200, body=b'{"error":1}', dialect="openai_chat")
    assert render(InvalidAnswer("nonsense", upstream=said), codec_of(CHAT), "id").status == 502


@pytest.mark.parametrize(
    ("failure", "after", "retry"),
    [
        (RateLimited("slow", retry_after=1.2), "2", None),
        (RateLimited("slow"), "1", None),
        (Draining("bye"), "1", None),
        (QuotaExhausted("no money"), None, "false"),
        (InvalidRequest("wrong"), None, "false"),
        (BodyTimeout("silent"), None, None),
    ],
)
def test_whether_and_when_to_try_again(codec_of, failure, after, retry):
    """Retry-After stands on 429 and 503; where trying again cannot help, that is said (G11)."""
    headers = render(failure, codec_of(CHAT), "id").headers
    assert (headers.get("retry-after"), headers.get("x-should-retry")) == (after, retry)


def test_milliseconds_too(codec_of):
    """retry-after-ms is exact."""
    assert (
        render(RateLimited("slow", retry_after=1.2), codec_of(CHAT), "id").headers["retry-after-ms"] == "1200"
    )


def test_wrong_method_names_the_right_ones(codec_of):
    """Allow lists what the path takes."""
    assert render(WrongMethod("no", "GET, POST"), codec_of(CHAT), "id").headers["allow"] == "GET, POST"


def test_providers_headers_are_marked():
    """Nobody takes a provider's limits for ours; its request id keeps its name."""
    given = {"x-ratelimit-limit": "1", "retry-after": "2", "x-upstream-c": "3", "request-id": "4"}
    assert upstream_headers(given) == {
        "x-upstream-ratelimit-limit": "1",
        "x-upstream-retry-after": "2",
        "x-upstream-c": "3",
        "request-id": "4",
    }

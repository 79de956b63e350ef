import json

import msgspec
import pytest

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
)
from penstock.wire import errors


def classified(status, body, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return errors.classify(status, headers or {}, data, "openai_chat")


def openai(code=None, kind=None, message="words", **more):
    return {"error": {"message": message, "type": kind, "code": code, "param": None, **more}}


OVER = "Limit 30000, Requested 30601."
UNDER = "Limit 10000, Used 9348, Requested 5086. Please try again in 26.604s."


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, openai("rate_limit_exceeded", "tokens", UNDER), RateLimited),
        (429, openai("rate_limit_exceeded", "tokens", OVER), TooLargeForLimit),
        (413, openai("rate_limit_exceeded", "tokens", OVER), TooLargeForLimit),
        (413, openai(None, "request_too_large"), Rejected),
        (429, openai("RATE_LIMITED"), TooLargeForLimit),
        (429, {"object": "error", "type": "rate_limited", "code": "1300", "message": "x"}, RateLimited),
        (429, openai("3505", "service_tier_capacity_exceeded"), Overloaded),
        (429, openai("insufficient_quota", "insufficient_quota"), QuotaExhausted),
        (429, openai("invalid_api_key"), RateLimited),
        (402, openai(), QuotaExhausted),
        (400, openai("billing_hard_limit_reached"), QuotaExhausted),
        (498, openai(), Overloaded),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "O"}}, Overloaded),
        (500, {"type": "error", "error": {"type": "overloaded_error"}}, Overloaded),
        (529, b"", Overloaded),
        (500, b"<html>", ServerFault),
        (503, {"error": {"code": 503, "status": "UNAVAILABLE"}}, ServerFault),
        (520, b"", ServerFault),
        (408, b"", ServerFault),
        (401, openai("invalid_api_key"), KeyRejected),
        (403, openai(), KeyRejected),
        (403, {"error": {"code": 403, "metadata": {"reasons": ["violence"]}}}, ContentFilter),
        (403, openai("model_not_found"), ModelMissing),
        (404, openai(), ModelMissing),
        (404, {"error": {"code": "DeploymentNotFound"}}, ModelMissing),
        (400, openai("context_length_exceeded"), ContextLength),
        (400, {"error": {"message": "prompt is too long: 208310 tokens > 200000 maximum"}}, ContextLength),
        (400, {"error": {"type": "invalid_request_error", "message": "5 tokens > 10"}}, Rejected),
        (400, {"error": {"type": "BadRequestError", "param": "input_tokens", "code": 400}}, ContextLength),
        (400, openai("content_filter"), ContentFilter),
        (400, openai(innererror={"code": "ResponsibleAIPolicyViolation"}), ContentFilter),
        (400, {"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, KeyRejected),
        (429, {"error": {"details": [{"violations": [{"quotaId": "ReqPerDayX"}]}]}}, QuotaExhausted),
        (429, [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}], RateLimited),
        (429, {"error": {"details": {"error_code": "enforced_spend_limit_reached"}}}, QuotaExhausted),
        (429, {"error": {"message": json.dumps(openai("insufficient_quota"))}}, QuotaExhausted),
        (400, {"error": {"metadata": {"raw": json.dumps(openai("content_filter"))}}}, ContentFilter),
        (400, {"message": "no error object"}, Rejected),
        (400, {"detail": "FastAPI's"}, Rejected),
        (400, {"error": "words"}, Rejected),
        (400, {"error": {"message": "{not json", "code": True}}, Rejected),
        (400, {"error": {"error": {"error": {"error": {}}}}}, Rejected),
        (400, {"error": {"error": {"error": "x"}}}, Rejected),
        (400, b"[" * 5000, Rejected),
        (400, [], Rejected),
        (409, openai(), Rejected),
        (422, openai(), Rejected),
    ],
)  # fmt: skip
def test_the_status_decides_then_the_code(status, body, kind):
    """G10: each form that a provider's error comes in lands where it belongs."""
    assert type(classified(status, body)) is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (openai(502), ServerFault),
        (openai("429"), RateLimited),
        (openai(None, "rate_limit_error"), RateLimited),
        (openai(None, "invalid_request_error"), Rejected),
        (openai(None, "permission_error"), KeyRejected),
        (openai(None, "not_found_error"), ModelMissing),
        (openai(None, "api_error"), ServerFault),
        (openai("never seen", "before"), ServerFault),
        (openai("999"), ServerFault),
        (b"{}", ServerFault),
        ({"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded"}}}, RateLimited),
    ],
)
def test_inside_a_200_the_fields_stand_for_the_status(body, kind):
    """P01, P02: an error in a body or a stream that began well is told by its code alone."""
    failure = classified(200, body)
    assert type(failure) is kind
    assert failure.upstream.status == 200


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "2"}, {}, 2.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, {}, 1.5),
        ({"retry-after": "86400"}, {}, 86400.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, {}, 0.0),
        (
            {"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"},
            {},
            30.0,
        ),
        ({"retry-after": "soon"}, {}, None),
        ({"retry-after": "-1"}, {}, None),
        ({"retry-after": "inf"}, {}, None),
        ({}, {"error": {"details": [{"x": 1}, {"retryDelay": "21.5s"}]}}, 21.5),
        ({}, {"error": {"details": [{"retryDelay": "soon"}]}}, None),
        ({}, {"error": {"message": "try again in 26.604s"}}, 26.604),
        ({}, {"error": {"message": "try again in 174ms."}}, 0.174),
        ({}, {"error": {"message": "try again in 1h2m3s."}}, 3723.0),
        ({}, {"error": {"message": "retry after 20 seconds"}}, 20.0),
        ({}, {"error": {"message": "gpt-4.1 has had enough"}}, None),
    ],
)
def test_the_time_to_wait_is_read(headers, body, seconds):
    """G11, P13: seconds, milliseconds, dates, Google's delay; last, a duration in the message."""
    assert classified(429, body, headers).retry_after == seconds


def test_a_date_is_counted_from_the_clock_without_one_from_the_provider():
    """G11: the caller's clock serves where the reply has no date."""
    headers = {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}
    assert errors.retry_after(headers, now=90.0) == 10.0


def test_a_refusal_says_nothing_of_waiting():
    """G10: what can never succeed has no time after which it could."""
    assert classified(400, openai(), {"retry-after": "2"}).retry_after is None


def test_what_the_provider_said_is_kept():
    """G16, G17: the body as it came, the headers that may be passed on, the parameter, the message."""
    body = json.dumps(openai("x", param="messages")).encode()
    headers = {"X-Request-ID": "r1", "Set-Cookie": "s", "Content-Type": "application/json"}
    failure = classified(400, body, headers)
    assert failure.upstream.body == body
    assert failure.upstream.headers == {"x-request-id": "r1"}
    assert failure.upstream.content_type == "application/json"
    assert failure.upstream.dialect == "openai_chat"
    assert (failure.param, failure.message) == ("messages", "The provider answered 400: words")


def test_a_refused_key_is_not_quoted():
    """G14: a provider's message about our key may hold a part of it."""
    failure = classified(401, openai("invalid_api_key", message="Incorrect API key: sk-abc"))
    assert "sk-abc" not in failure.message


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 100_000, b'{"a":"b"}'])
def test_a_body_of_another_form_is_no_answer(data):
    """P04, P05: cut JSON, bytes that are no text, nesting without end, wrong types."""
    decoder = msgspec.json.Decoder(dict[str, int])
    with pytest.raises(InvalidAnswer) as caught:
        errors.understood(decoder, data, "openai_chat")
    assert caught.value.upstream.body == data


def test_an_error_member_counts_unless_it_is_null():
    """P01: OpenAI's own complete answers carry `"error": null`."""
    assert not errors.is_given(msgspec.Raw())
    assert not errors.is_given(msgspec.Raw(b"null"))
    assert errors.is_given(msgspec.Raw(b"{}"))

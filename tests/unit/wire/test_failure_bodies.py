import json

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.wire import failure_bodies

BODY = b'{"type":"error",\n "error":{"type":"x","message":"theirs"}}'


def upstream(body=BODY, status=400, dialect="anthropic_messages"):
    return failures.Upstream(status=status, body=body, dialect=dialect)


@pytest.mark.parametrize(
    ("kind", "theirs", "ours"),
    [
        (failures.InvalidRequest, "invalid_request_error", "invalid_request_error"),
        (failures.Unauthenticated, "authentication_error", "authentication_error"),
        (failures.CostCeiling, "insufficient_quota", "billing_error"),
        (failures.Forbidden, "permission_error", "permission_error"),
        (failures.UnknownModel, "not_found_error", "not_found_error"),
        (failures.BodyTooLarge, "invalid_request_error", "request_too_large"),
        (failures.RateLimited, "rate_limit_error", "rate_limit_error"),
        (failures.Internal, "server_error", "api_error"),
        (failures.DeadlineExceeded, "server_error", "timeout_error"),
        (failures.Overloaded, "server_error", "overloaded_error"),
    ],
)
def test_each_status_has_the_vendors_word(kind, theirs, ours):
    """G14: a client finds the type that its library looks for."""
    failure = kind("words", param="p")
    assert json.loads(failure_bodies.openai(failure, Dialect.OPENAI_CHAT)) == {
        "error": {"message": "words", "type": theirs, "param": "p", "code": kind.code}
    }
    assert json.loads(failure_bodies.anthropic(failure, "r1")) == {
        "type": "error",
        "error": {"type": ours, "message": "words"},
        "request_id": "r1",
    }


def test_a_body_of_the_same_dialect_goes_through_unmodified():
    """G17: what the provider said reaches its own clients byte for byte."""
    assert failure_bodies.anthropic(failures.Rejected("x", upstream=upstream()), "r") == BODY


@pytest.mark.parametrize(
    "failure",
    [
        failures.Rejected("ours"),
        failures.Rejected("ours", upstream=upstream(dialect="openai_chat")),
        failures.Rejected("ours", upstream=upstream(body=b"<html>")),
        failures.Rejected("ours", upstream=upstream(body=b"[" * 100_000)),
        failures.Rejected("ours", upstream=upstream(body=b"[]")),
        failures.InvalidAnswer("ours", upstream=upstream(status=200)),
        failures.KeyRejected("ours", upstream=upstream(status=401)),
    ],
)
def test_anything_else_is_written_by_us(failure):
    """G14, G17: other dialects, pages, no errors, and a key of ours that was refused."""
    assert json.loads(failure_bodies.anthropic(failure, "r"))["error"]["message"] == "ours"


def test_a_body_fits_into_one_line_of_an_event():
    """G6: a line end would end the event's data."""
    line = failure_bodies.one_line(b'{"a":\r\n"b\\n"}')
    assert b"\n" not in line
    assert json.loads(line) == {"a": "b\n"}

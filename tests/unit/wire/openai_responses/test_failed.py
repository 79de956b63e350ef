import json

import pytest

from penstock.domain.chat import Dialect
from penstock.failures import RateLimited, Rejected, Truncated, Upstream
from penstock.wire import sse
from penstock.wire.openai_responses import failed


def events(failure):
    frames = sse.Splitter().feed(failed.frames(failure, "q1"))
    return [(sse.data_of(frame)[0], json.loads(sse.data_of(frame)[1])) for frame in frames]


@pytest.mark.parametrize(
    ("failure", "code"),
    [(Truncated("cut"), "server_error"), (RateLimited("cut"), "rate_limit_exceeded")],
)
def test_a_failure_is_told_in_both_forms(failure, code):
    """G3: the error event, documented and as sent, then the failed response."""
    (first, error), (second, response) = events(failure)
    assert (first, second) == ("error", "response.failed")
    assert (error["type"], error["code"], error["message"], error["param"]) == (
        "error",
        failure.code,
        "cut",
        None,
    )
    assert error["error"]["code"] == failure.code
    assert response["response"]["id"] == "resp_q1"
    assert (response["response"]["status"], response["response"]["error"]) == (
        "failed", {"code": code, "message": "cut"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [(b'{"error":{"code":"theirs","message":"m"}}', "theirs"), (b'{"error":"words"}', "upstream_rejected")],
)
def test_the_providers_own_words_are_kept(body, code):
    """G17: a client of the same dialect gets the provider's code."""
    upstream = Upstream(status=400, body=body, dialect=Dialect.OPENAI_RESPONSES)
    assert events(Rejected("x", upstream=upstream))[0][1]["code"] == code

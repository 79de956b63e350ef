import json

from penstock.domain.chat import Dialect
from penstock.failures import RateLimited
from penstock.wire.codec import Quirks
from penstock.wire.openai_chat.dialect import OpenaiChat

BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
REPLY = b'{"id":"c","created":7,"model":"m","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'


def test_all_of_the_dialect_is_behind_one_codec():
    """G18: requests, replies and streams, read and written."""
    codec = OpenaiChat()
    request = codec.read_request(BODY)
    assert codec.address(request, "n", Quirks()).body == BODY.replace(b'"m"', b'"n"')
    assert codec.encode(codec.decode(BODY), "m", Quirks()).body == BODY
    reply = codec.read_reply(REPLY)
    assert codec.read_reply(codec.write_reply(reply, request)) == reply
    assert codec.reader().extra is False
    assert codec.writer(request) is not None


def test_failures_are_written_as_bodies_and_events():
    """G3: an error event in a stream is one line of data."""
    codec = OpenaiChat()
    failure = RateLimited("words")
    body = codec.write_failure(failure, "r")
    assert json.loads(body)["error"]["type"] == "rate_limit_error"
    assert codec.write_failure_frame(failure, "r") == b"data: %b\n\n" % body


def test_errors_are_classified_with_the_dialects_name():
    """G17: so that a client of the same dialect gets the body unmodified."""
    failure = OpenaiChat().classify(429, {}, b'{"error":{}}')
    assert failure.upstream.dialect == Dialect.OPENAI_CHAT

import json

from penstock.domain.chat import Dialect
from penstock.failures import Overloaded, RateLimited, Rejected, Upstream
from penstock.wire.anthropic_messages.dialect import AnthropicMessages
from penstock.wire.codec import Quirks

BODY = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}'
REPLY = (
    b'{"id":"c","type":"message","model":"m","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn"}'
)


def test_all_of_the_dialect_is_behind_one_codec():
    """G18: requests, replies and streams, read and written."""
    codec = AnthropicMessages()
    request = codec.read_request(BODY)
    assert codec.address(request, "n", Quirks()).body == BODY.replace(b'"m"', b'"n"')
    assert codec.encode(codec.decode(BODY), "m", Quirks()).body == BODY
    reply = codec.read_reply(REPLY)
    assert codec.read_reply(codec.write_reply(reply, request)).parts == reply.parts
    assert codec.reader().extra is False
    assert codec.writer(request) is not None


def test_failures_are_written_as_bodies_and_events():
    """G3: the event is called error, and its data is one line."""
    codec = AnthropicMessages()
    body = codec.write_failure(Overloaded("words"), "r")
    assert json.loads(body)["error"]["type"] == "overloaded_error"
    assert codec.write_failure_frame(Overloaded("words"), "r") == b"event: error\ndata: %b\n\n" % body


def test_what_the_provider_said_goes_through():
    """G17: as a body with its own bytes, as an event in one line."""
    theirs = b'{\n"type":"error","error":{"type":"x","message":"theirs"}}'
    failure = Rejected("ours", upstream=Upstream(status=400, body=theirs, dialect=Dialect.ANTHROPIC_MESSAGES))
    codec = AnthropicMessages()
    assert codec.write_failure(failure, "r") == theirs
    assert codec.write_failure_frame(failure, "r").count(b"\n") == 3


def test_errors_are_classified_with_the_dialects_name():
    """G17: so that a client of the same dialect gets the body unmodified."""
    failure = AnthropicMessages().classify(429, {}, b'{"error":{"type":"rate_limit_error"}}')
    assert isinstance(failure, RateLimited)
    assert failure.upstream.dialect == Dialect.ANTHROPIC_MESSAGES

import json

from penstock.domain.chat import Dialect
from penstock.failures import RateLimited
from penstock.wire.codec import Quirks
from penstock.wire.openai_responses.dialect import OpenaiResponses

BODY = (
    b'{"model":"m","input":[{"type":"message","role":"user",'
    b'"content":[{"type":"input_text","text":"hi"}]}],"store":false}'
)
REPLY = (
    b'{"id":"resp_1","model":"m","status":"completed","output":[{"type":"message","content":[{"text":"a"}]}]}'
)


def test_all_of_the_dialect_is_behind_one_codec():
    """G18: requests, replies and streams, read and written."""
    codec = OpenaiResponses()
    request = codec.read_request(BODY)
    assert codec.address(request, "n", Quirks()).body == BODY.replace(b'"m"', b'"n"')
    assert codec.encode(codec.decode(BODY), "m", Quirks()).body == BODY
    reply = codec.read_reply(REPLY)
    assert codec.read_reply(codec.write_reply(reply, request)).parts == reply.parts
    assert codec.reader().extra is False
    assert codec.writer(request) is not None


def test_failures_are_written_as_bodies_and_events():
    """G3: as a body like OpenAI's others, as events like its streams'."""
    codec = OpenaiResponses()
    body = codec.write_failure(RateLimited("words"), "r")
    assert json.loads(body)["error"]["type"] == "rate_limit_error"
    assert codec.write_failure_frame(RateLimited("words"), "r").startswith(b"event: error\n")


def test_errors_are_classified_with_the_dialects_name():
    """G17: so that a client of the same dialect gets the body unmodified."""
    failure = OpenaiResponses().classify(429, {}, b'{"error":{}}')
    assert failure.upstream.dialect == Dialect.OPENAI_RESPONSES

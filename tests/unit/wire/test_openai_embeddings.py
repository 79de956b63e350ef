import json

import pytest

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Reply
from penstock.failures import InvalidAnswer, InvalidRequest, QuotaExhausted, RateLimited
from penstock.wire.codec import Quirks
from penstock.wire.openai_embeddings import OpenaiEmbeddings

CODEC = OpenaiEmbeddings()
REQUEST = ChatRequest(dialect=Dialect.OPENAI_EMBEDDINGS, body=b'{"model":"m","input":"a"}', model="m")
REPLY = Reply(id="", model="", parts=(), finish_reason="stop", usage=None)


def test_a_request_is_addressed():
    """G15: the model changes, refused parameters go, the rest stays."""
    request = CODEC.read_request(b'{"input":["a"],"model":"m","dimensions":8,"x":1}')
    encoded = CODEC.address(request, "n", Quirks(drop=frozenset({"dimensions"})))
    assert (encoded.body, encoded.dropped) == (b'{"input":["a"],"model":"n","x":1}', ("dimensions",))


@pytest.mark.parametrize(
    ("body", "param"), [(b'{"model":"m"}', "input"), (b'{"model":"m","input":[]}', "input")]
)
def test_an_input_is_needed(body, param):
    """Wrong types get a 400 that names the field."""
    with pytest.raises(InvalidRequest) as caught:
        CODEC.read_request(body)
    assert caught.value.param == param


@pytest.mark.parametrize(
    "translate",
    [
        lambda: CODEC.decode(b"{}"),
        lambda: CODEC.encode(Conversation(messages=()), "m", Quirks()),
        lambda: CODEC.write_reply(REPLY, REQUEST),
        lambda: CODEC.writer(REQUEST),
        CODEC.reader,
    ],
)
def test_embeddings_are_neither_translated_nor_streamed(translate):
    """G18: vectors are no conversation, and that is said."""
    with pytest.raises(InvalidRequest):
        translate()


def test_usage_is_read():
    """G19: input only, and none where the provider gave none."""
    reply = CODEC.read_reply(b'{"data":[{}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}')
    assert (reply.model, reply.usage.input_uncached, reply.usage.inconsistent) == ("m", 8, False)
    assert CODEC.read_reply(b'{"data":[]}').usage is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b'{"error":{"code":"insufficient_quota"}}', QuotaExhausted), (b'{"data":7}', InvalidAnswer)],
)
def test_a_200_that_is_no_answer_is_a_failure(body, kind):
    """P01: an error object, or something else."""
    with pytest.raises(kind):
        CODEC.read_reply(body)


def test_failures_are_openais():
    """G14: the body, the event and the taxonomy of OpenAI."""
    body = CODEC.write_failure(RateLimited("x"), "r")
    assert json.loads(body)["error"]["code"] == "upstream_rate_limited"
    assert CODEC.write_failure_frame(RateLimited("x"), "r") == b"data: %b\n\n" % body
    assert isinstance(CODEC.classify(429, {}, b""), RateLimited)

import json

import pytest

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Reply, TextDelta
from penstock.failures import InvalidRequest, RateLimited
from penstock.wire.codec import Quirks
from penstock.wire.openai_completions import OpenaiCompletions

CODEC = OpenaiCompletions()
REQUEST = ChatRequest(dialect=Dialect.OPENAI_COMPLETIONS, body=b'{"model":"m","prompt":"a"}', model="m")
REPLY = Reply(id="", model="", parts=(), finish_reason="stop", usage=None)


@pytest.mark.parametrize("prompt", ['"a"', '["a","b"]', "[1,2]", "[[1],[2]]", "null"])
def test_prompt_and_suffix_are_passed_untouched(prompt):
    """G15: autocompletion lives from both."""
    body = b'{"prompt":%b,"suffix":" end","model":"m","max_tokens":5}' % prompt.encode()
    request = CODEC.read_request(body)
    assert (request.dialect, request.max_output_tokens) == (Dialect.OPENAI_COMPLETIONS, 5)
    assert CODEC.address(request, "n", Quirks()).body == body.replace(b'"m"', b'"n"')


def test_a_wrong_prompt_is_refused():
    """Wrong types get a 400 that names the field."""
    with pytest.raises(InvalidRequest) as caught:
        CODEC.read_request(b'{"model":"m","prompt":7}')
    assert caught.value.param == "prompt"


@pytest.mark.parametrize(
    "translate",
    [
        lambda: CODEC.decode(b"{}"),
        lambda: CODEC.encode(Conversation(messages=()), "m", Quirks()),
        lambda: CODEC.write_reply(REPLY, REQUEST),
        lambda: CODEC.writer(REQUEST),
    ],
)
def test_completions_are_not_translated(translate):
    """G18: there is no conversation in a prompt, and that is said."""
    with pytest.raises(InvalidRequest):
        translate()


def test_answers_and_streams_are_read():
    """G2: usage and text, for accounting."""
    body = b'{"choices":[{"text":"a","finish_reason":"length"}],"usage":{"prompt_tokens":1}}'
    reply = CODEC.read_reply(body)
    assert (reply.finish_reason, reply.usage.input_tokens) == ("length", 1)
    assert CODEC.reader().read(b"data: %b\n\n" % body)[1] == TextDelta(text="a")


def test_failures_are_openais():
    """G14: the body, the event and the taxonomy of OpenAI."""
    body = CODEC.write_failure(RateLimited("x"), "r")
    assert json.loads(body)["error"]["code"] == "upstream_rate_limited"
    assert CODEC.write_failure_frame(RateLimited("x"), "r") == b"data: %b\n\n" % body
    assert isinstance(CODEC.classify(429, {}, b""), RateLimited)

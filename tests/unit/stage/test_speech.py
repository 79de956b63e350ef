"""What a made-up provider says, read by the gateway's own codecs."""

import base64

import msgspec
import pytest

from penstock.domain.chat import Dialect, Ended, Finished, TextDelta, UsageSeen
from penstock.stage import speech
from penstock.stage.speech import Speech
from penstock.wire import dialects

TOLD = Speech(tokens=("one ", "two ", "three"), model="m")
TALKING = [
    Dialect.OPENAI_CHAT,
    Dialect.OPENAI_RESPONSES,
    Dialect.ANTHROPIC_MESSAGES,
    Dialect.OPENAI_COMPLETIONS,
]


def events_of(dialect, frames):
    reader = dialects.of(dialect).reader()
    return [event for frame in frames for event in reader.read(frame)]


@pytest.mark.parametrize("dialect", TALKING)
def test_a_stream_says_what_was_told(dialect):
    """Every dialect's stream carries the text, the usage and a proper end."""
    events = events_of(dialect, speech.frames(dialect, TOLD).all)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "one two three"
    assert any(isinstance(e, Finished) for e in events)
    assert isinstance(events[-1], Ended)
    assert [e.usage.output_tokens for e in events if isinstance(e, UsageSeen)][-1] == 3


@pytest.mark.parametrize("dialect", TALKING)
def test_a_whole_answer_says_what_was_told(dialect):
    """Every dialect's reply carries the text and the usage."""
    reply = dialects.of(dialect).read_reply(speech.whole(dialect, TOLD))
    assert (reply.model, reply.usage.input_tokens, reply.usage.output_tokens) == ("m", 12, 3)
    assert reply.parts[0].text == "one two three"


@pytest.mark.parametrize("dialect", TALKING)
def test_usage_can_be_left_out(dialect):
    """P06: a provider that does not count sends no usage anywhere."""
    silent = msgspec.structs.replace(TOLD, with_usage=False)
    assert dialects.of(dialect).read_reply(speech.whole(dialect, silent)).usage is None
    events = events_of(dialect, speech.frames(dialect, silent).all)
    assert not any(isinstance(event, UsageSeen) for event in events)


@pytest.mark.parametrize("dialect", TALKING)
def test_an_error_inside_a_stream_is_read_as_one(dialect):
    """P02, P03: the error frame of each dialect raises what it says."""
    with pytest.raises(Exception, match="Overloaded"):
        events_of(dialect, [speech.error_frame(dialect, "overloaded_error", "overloaded", "Overloaded")])


def test_vectors_depend_on_the_text_alone():
    """Equal texts are equal, others are not, and each has length 1."""
    one, again, other = (speech.vector(text) for text in ("a", "a", "b"))
    assert one == again != other
    assert sum(x * x for x in one) == pytest.approx(1, abs=1e-4)


def test_embeddings_come_in_both_forms():
    """Numbers, or base64 of 32-bit floats, as openai-python asks for."""
    plain = msgspec.json.decode(speech.embeddings(["a"], "m", base64=False, tokens=1))
    packed = msgspec.json.decode(speech.embeddings(["a"], "m", base64=True, tokens=1))
    assert len(plain["data"][0]["embedding"]) == speech.DIMENSIONS
    assert len(base64.b64decode(packed["data"][0]["embedding"])) == speech.DIMENSIONS * 4

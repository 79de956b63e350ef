"""What the drill's client makes of replies."""

import msgspec
import pytest

from penstock.domain.chat import Dialect
from penstock.drill import client
from penstock.drill.client import LAG_BUCKET, READ, Seen, body_for, code_of, read_whole, values_of
from penstock.stage import speech
from penstock.stage.speech import Speech

TOLD = Speech(tokens=("one ", "two"), model="m")
TALKING = [Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES]


def heard(dialect, frames) -> Seen:
    seen = Seen(status=200)
    for value in values_of(list(frames)):
        READ[dialect](value, seen)
    return seen


@pytest.mark.parametrize("dialect", TALKING)
def test_a_complete_stream_is_answered(dialect):
    """Text, model, usage and end are seen in every dialect."""
    seen = heard(dialect, speech.frames(dialect, TOLD).all)
    assert seen.answered
    assert (seen.text, seen.model, seen.input_tokens, seen.output_tokens) == ("one two", "m", 12, 2)


@pytest.mark.parametrize("dialect", TALKING)
def test_a_part_of_a_stream_is_no_answer(dialect):
    """G3: without the proper end it is neither answered nor failed cleanly."""
    frames = speech.frames(dialect, TOLD)
    seen = heard(dialect, frames.opening + frames.content)
    assert not seen.answered
    assert not seen.failed_cleanly


@pytest.mark.parametrize("dialect", TALKING)
def test_an_error_event_is_a_clean_failure(dialect):
    """What a client can see for what it is."""
    frames = speech.frames(dialect, TOLD)
    error = speech.error_frame(dialect, "server_error", "server_error", "no")
    seen = heard(dialect, (*frames.opening, *frames.content, error))
    assert seen.failed_cleanly
    assert "error server_error" in str(seen)


@pytest.mark.parametrize("dialect", TALKING)
def test_a_whole_reply_is_taken_apart(dialect):
    """The same facts from JSON."""
    seen = Seen(status=200)
    read_whole(dialect, speech.whole(dialect, TOLD), seen)
    assert (seen.answered, seen.text, seen.output_tokens) == (True, "one two", 2)


def test_an_error_body_is_kept():
    """Status and code are what the table shows."""
    seen = Seen(status=400)
    read_whole(Dialect.OPENAI_CHAT, b'{"error":{"code":"c"}}', seen)
    assert code_of(seen.error) == "c"
    assert code_of({"error": "text"}) == "?"


def test_a_reply_that_is_no_json_is_broken():
    """It is the gateway that is at fault then."""
    seen = Seen(status=200)
    read_whole(Dialect.OPENAI_CHAT, b"<html>", seen)
    assert "broken" in str(seen)


@pytest.mark.parametrize("dialect", TALKING)
def test_requests_are_such_as_clients_send(dialect):
    """Usage is asked for where it has to be."""
    body = msgspec.json.decode(body_for(dialect, "m", stream=True))
    assert (body["model"], body["stream"]) == ("m", True)
    assert ("stream_options" in body) is (dialect is Dialect.OPENAI_CHAT)
    assert client.PATHS[dialect].startswith("/v1/")


def test_lag_is_read_from_the_metrics():
    """Buckets of the histogram, with or without further labels."""
    told = (
        'penstock_event_loop_lag_seconds_bucket{le="0.05"} 7.0\n'
        'penstock_event_loop_lag_seconds_bucket{worker="0",le="+Inf"} 9.0\nother{le="1"} 3\n'
    )
    assert [(float(f[1]), float(f[2])) for f in LAG_BUCKET.finditer(told)] == [(0.05, 7), (float("inf"), 9)]

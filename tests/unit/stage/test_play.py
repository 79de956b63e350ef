"""Answers as steps."""

import msgspec
import pytest

from penstock.domain.chat import Dialect
from penstock.stage.play import EVENTS, TOKENS, Piece, Play, Turn, refuse, rest_of, say, turn_of

CHAT = Turn(dialect=Dialect.OPENAI_CHAT, model="m")


def test_an_answer_is_streamed_when_asked():
    """One piece per frame, as events."""
    play = say(msgspec.structs.replace(CHAT, stream=True))
    assert play.content_type == EVENTS
    assert len(play.pieces) == len(TOKENS) + 4


def test_an_answer_is_whole_otherwise():
    """One piece of JSON."""
    assert msgspec.json.decode(say(CHAT).body)["choices"][0]["message"]["content"] == "".join(TOKENS)


def test_g2_usage_is_streamed_only_when_asked_for():
    """G2: as OpenAI does, the usage chunk needs `include_usage`."""
    turn = msgspec.structs.replace(CHAT, stream=True, wants_usage=False)
    assert b"prompt_tokens" not in say(turn).body


@pytest.mark.parametrize(
    ("prefill", "left"), [(None, 3), ("", 3), ("a b", 1), ("a b ", 1), ("something else", 3)]
)
def test_a_prefill_is_continued(prefill, left):
    """What was said already is not said again; what was not ours is answered in full."""
    assert len(rest_of(("a ", "b ", "c "), prefill)) == left


def test_a_refusal_speaks_the_dialect():
    """Anthropic's errors have a type around them."""
    turn = Turn(dialect=Dialect.ANTHROPIC_MESSAGES)
    assert msgspec.json.decode(refuse(turn, 400, "invalid_request_error").body)["type"] == "error"


@pytest.mark.parametrize(
    ("body", "prefill"),
    [
        ({"messages": [{"role": "user", "content": "x"}]}, None),
        ({"messages": [{"role": "assistant", "content": "said"}]}, "said"),
        ({"messages": [{"role": "assistant", "content": [{"type": "text", "text": "said"}]}]}, "said"),
        ({"messages": [{"role": "assistant", "content": None}]}, None),
        ({"input": "text"}, None),
        ({"messages": []}, None),
    ],
)
def test_a_prefill_is_the_assistants_last_message(body, prefill):
    """In every form in which a dialect writes it."""
    assert turn_of(Dialect.OPENAI_CHAT, body).prefill == prefill


def test_a_turn_knows_what_was_asked():
    """Model, stream and usage are read from the body."""
    body = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
    turn = turn_of(Dialect.OPENAI_CHAT, body)
    assert (turn.model, turn.stream, turn.wants_usage) == ("m", True, True)


def test_a_plays_body_is_all_its_pieces():
    """Waits do not change what is said."""
    assert Play(pieces=(Piece(b"a"), Piece(b"b", 1.0))).body == b"ab"

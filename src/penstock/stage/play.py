"""One answer of a made-up provider, step by step: who plays it adds nothing."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from penstock.domain.chat import Dialect
from penstock.stage import speech

TOKENS: Final = tuple(f"word{n} " for n in range(1, 61))
"""What is answered where nothing else is asked for: sixty frames."""
EVENTS: Final = "text/event-stream; charset=utf-8"
JSON: Final = "application/json"

Ending = Literal["complete", "cut", "reset", "silence"]
"""How an answer ends: properly, closed too early, reset by the peer, or never."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the made-up provider sees it."""

    dialect: Dialect
    model: str = "model"
    stream: bool = False
    number: int = 1
    """1, 2, ... among the requests to this target."""
    elapsed: float = 0.0
    """Seconds since the first of them."""
    key: str = ""
    """The credential that came with it."""
    wants_usage: bool = True
    prefill: str | None = None
    """The text of a last message by the assistant, to be continued."""
    scale: float = 1.0
    """All times of a play are multiplied by it."""


class Piece(msgspec.Struct, frozen=True):
    """Bytes of the body, sent `wait` seconds after what came before."""

    data: bytes
    wait: float = 0.0


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. A status of 0 means that nothing is sent, not even a status line."""

    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0
    """Seconds before the status line."""
    pieces: tuple[Piece, ...] = ()
    ending: Ending = "complete"

    @property
    def body(self) -> bytes:
        return b"".join(piece.data for piece in self.pieces)


def say(turn: Turn, tokens: tuple[str, ...] = TOKENS, *, with_usage: bool = True) -> Play:
    """Answer as asked, in the dialect asked for; a prefill is continued where it fits."""
    told = told_to(turn, tokens, with_usage=with_usage)
    if not turn.stream:
        return Play(pieces=(Piece(speech.whole(turn.dialect, told)),))
    return events(speech.frames(turn.dialect, told).all)


def told_to(turn: Turn, tokens: tuple[str, ...] = TOKENS, *, with_usage: bool = True) -> speech.Speech:
    """What is said to this turn."""
    chat = turn.dialect in (Dialect.OPENAI_CHAT, Dialect.OPENAI_COMPLETIONS)
    hidden = chat and turn.stream and not turn.wants_usage
    return speech.Speech(
        tokens=rest_of(tokens, turn.prefill),
        model=turn.model,
        id=f"{turn.number}",
        with_usage=with_usage and not hidden,
    )


def rest_of(tokens: tuple[str, ...], prefill: str | None) -> tuple[str, ...]:
    """The tokens that follow a prefill; all of them where it is none of ours."""
    said = ""
    for n, token in enumerate(tokens):
        if prefill and said.rstrip() == prefill.rstrip():
            return tokens[n:]
        said += token
    return tokens


def events(frames: tuple[bytes, ...], ending: Ending = "complete", wait: float = 0.0) -> Play:
    """A stream of these frames, `wait` seconds before each."""
    return Play(content_type=EVENTS, pieces=tuple(Piece(frame, wait) for frame in frames), ending=ending)


def refuse(
    turn: Turn,
    status: int,
    kind: str,
    *,
    code: str | None = None,
    message: str = "made up",
    headers: tuple[tuple[str, str], ...] = (),
) -> Play:
    """An error in the dialect of the turn."""
    return Play(
        status=status, headers=headers, pieces=(Piece(speech.error(turn.dialect, kind, code, message)),)
    )


def turn_of(dialect: Dialect, body: Mapping[str, Any]) -> Turn:  # wire: a client's JSON
    """Read from a request what a made-up provider needs to know."""
    options = body.get("stream_options")
    return Turn(
        dialect=dialect,
        model=str(body.get("model", "")),
        stream=body.get("stream") is True,
        wants_usage=isinstance(options, dict) and options.get("include_usage") is True,
        prefill=_prefill(body),
    )


def _prefill(body: Mapping[str, Any]) -> str | None:  # wire: a client's JSON
    messages = body.get("messages", body.get("input"))
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or last.get("role") != "assistant":
        return None
    content = last.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else None

"""The built-in model: it answers in process, in every dialect, and says what it is."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Answer, Call, Provider, ProviderKey
from penstock.stage import speech
from penstock.stage.performance import perform
from penstock.stage.play import Piece, Play, events
from penstock.transport.client import Transport
from penstock.wire.codec import Quirks

MODEL: Final = "offline"
READ_MOST: Final = 50_000
"""Bytes of a request that are looked at for something to echo."""
ECHO_MOST: Final = 200
"""Characters that are echoed."""
BYTES_PER_TOKEN: Final = 4
SAYS: Final = (
    "This is Penstock's built-in offline model. It answers so that you can try everything, "
    "but no language model was asked. "
)
HINT: Final = (
    "For real answers, set OPENAI_API_KEY, ANTHROPIC_API_KEY or another provider's key, or start a local "
    "server such as Ollama, and run `penstock up` again."
)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The built-in model; nothing has to be set."""

    pause: float = 0.0
    """Seconds between two words of a stream, to see one happen."""


def open(name: str, options: Options, transport: Transport) -> Provider:  # noqa: A001, ARG001 - the plug-ins' verb
    """Return the provider; it answers in process, so it needs no transport."""
    return Offline(options)


class Offline:
    def __init__(self, options: Options) -> None:
        self._pause = options.pause
        self._count = 0
        self.keys: Sequence[ProviderKey] = (ProviderKey(name="none"),)
        self.quirks = Quirks()

    def dialect_for(self, asked: Dialect) -> Dialect | None:
        return asked

    async def send(self, call: Call) -> Answer:
        if call.path is not None:
            raise failures.NotFound("The offline model keeps and counts nothing.")
        self._count += 1
        play = embedded(call) if call.dialect is Dialect.OPENAI_EMBEDDINGS else self._told(call)
        return await perform(play, call, asyncio.get_running_loop().time)

    async def models(self) -> Sequence[str]:
        return (MODEL,)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _told(self, call: Call) -> Play:
        words = answer(last_text(read(call.body))).split(" ")
        told = speech.Speech(
            tokens=(*(word + " " for word in words[:-1]), words[-1]),
            model=call.model,
            id=f"offline-{self._count}",
            input_tokens=tokens_of(call.body),
        )
        if call.stream:
            return events(speech.frames(call.dialect, told).all, wait=self._pause)
        return Play(pieces=(Piece(speech.whole(call.dialect, told)),))


def answer(asked: str) -> str:
    """What it says, with the beginning of what it was told."""
    if not asked:
        return SAYS + HINT
    echo = asked if len(asked) <= ECHO_MOST else asked[:ECHO_MOST] + "…"
    return f"{SAYS}You wrote: “{echo}” {HINT}"


def embedded(call: Call) -> Play:
    """Vectors that depend on the texts alone."""
    body = read(call.body, len(call.body))
    given = body.get("input", "")
    several = isinstance(given, list) and not all(isinstance(token, int) for token in given)
    texts = [str(text) for text in given] if several else [str(given)]
    packed = body.get("encoding_format") == "base64"
    reply = speech.embeddings(texts, call.model, base64=packed, tokens=tokens_of(call.body))
    return Play(pieces=(Piece(reply),))


def tokens_of(body: bytes) -> int:
    """A guess: no tokenizer is asked for a model that is none."""
    return max(1, len(body) // BYTES_PER_TOKEN)


def read(body: bytes, most: int = READ_MOST) -> dict[str, Any]:  # wire: a client's JSON
    """The request, or nothing where it is too large to be worth it."""
    if len(body) > most:
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, Any])  # wire: a client's JSON
    except msgspec.MsgspecError:
        return {}


def last_text(body: dict[str, Any]) -> str:  # wire: a client's JSON
    """The last thing that was said, whatever the dialect."""
    said = body.get("messages", body.get("input", body.get("prompt", "")))
    if isinstance(said, list):
        said = said[-1] if said else ""
    if isinstance(said, dict):
        said = said.get("content", "")
    if isinstance(said, list):
        said = " ".join(str(part.get("text", "")) for part in said if isinstance(part, dict))
    return said if isinstance(said, str) else ""

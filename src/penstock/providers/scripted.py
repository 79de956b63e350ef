"""A made-up provider that plays any reply, stream or fault: for tests, drills and demonstrations."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from typing import Literal

import msgspec

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Answer, Call, Provider, ProviderKey
from penstock.stage import faults
from penstock.stage.performance import Clock, Sleep, perform
from penstock.stage.play import EVENTS, JSON, Ending, Piece, Play, Turn, say, turn_of
from penstock.transport.client import Transport
from penstock.wire.codec import Quirks

CALLS_KEPT = 1000
NATIVE = frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES})


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is played to one call: a fault by name, raw bytes, or a text."""

    text: str | None = None
    """Answered in the dialect asked for, streamed word by word."""
    fault: str | None = None
    """A row of the fault wall, S01 to P13, as the primary of that row plays it."""
    status: int = 200
    """Status of a raw answer; 0 sends nothing at all."""
    body: str | None = None
    """A raw answer."""
    chunks: tuple[str, ...] = ()
    """A raw stream, chunk by chunk."""
    headers: dict[str, str] = {}
    """Reply headers of a raw answer."""
    wait: float = 0.0
    """Seconds before the answer begins."""
    pause: float = 0.0
    """Seconds before each chunk."""
    ending: Ending = "complete"
    """How it ends: complete, cut, reset or silence."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A made-up provider."""

    script: tuple[Line, ...] = ()
    """Played one per call; the last one stays. Empty: sixty words."""
    order: Literal["in_turn", "random"] = "in_turn"
    """In turn, or drawn by `seed`."""
    seed: int = 0
    """Equal seeds draw equal lines."""
    time_scale: float = 1.0
    """All waits are multiplied by it; 0 plays without any."""
    models: tuple[str, ...] = ("scripted",)
    """Names that it says it has."""
    dialects: tuple[Dialect, ...] = tuple(sorted(NATIVE))
    """What it takes natively, the rest being translated."""
    keys: tuple[str, ...] = ("none",)
    """Names of its keys."""


def open(name: str, options: Options, transport: Transport) -> Provider:  # noqa: A001, ARG001 - the plug-ins' verb
    """Return the provider; it plays in process, so it needs no transport.

    Raises ValueError for a fault that is not of the wall.
    """
    for line in options.script:
        if line.fault is not None and getattr(faults.BY_ID.get(line.fault), "primary", None) is None:
            raise ValueError(f"script: {line.fault!r} is no fault that a provider can play")
    return Scripted(options)


class Scripted:
    """`clock` and `sleep` may be a test's own; unset, they are the event loop's."""

    def __init__(self, options: Options, clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> None:
        self._options = options
        self._clock = clock
        self._sleep = sleep
        self._random = random.Random(options.seed)  # noqa: S311 - a draw that can be repeated, no secret
        self._first_at: float | None = None
        self._count = 0
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        """The latest calls, oldest first."""
        self.keys: Sequence[ProviderKey] = tuple(ProviderKey(name=key) for key in options.keys)
        self.quirks = Quirks()

    def dialect_for(self, asked: Dialect) -> Dialect | None:
        if asked in self._options.dialects:
            return asked
        return next(iter(self._options.dialects), None) if asked in NATIVE else None

    async def send(self, call: Call) -> Answer:
        if call.path is not None:
            raise failures.NotFound("The scripted provider answers conversations only.")
        clock = self._clock or asyncio.get_running_loop().time
        self._first_at = clock() if self._first_at is None else self._first_at
        self._count += 1
        self.calls.append(call)
        try:
            asked = turn_of(call.dialect, msgspec.json.decode(call.body, type=dict))
        except msgspec.MsgspecError:
            asked = Turn(dialect=call.dialect)
        turn = msgspec.structs.replace(
            asked,
            model=call.model,
            stream=call.stream,
            number=self._count,
            elapsed=clock() - self._first_at,
            key=call.key,
            scale=self._options.time_scale,
        )
        return await perform(self._play(turn), call, clock, self._sleep)

    async def models(self) -> Sequence[str]:
        return self._options.models

    async def aclose(self) -> None:
        """Nothing is open."""

    def _play(self, turn: Turn) -> Play:
        script = self._options.script
        if not script:
            return say(turn)
        if self._options.order == "random":
            return play_of(self._random.choice(script), turn)
        return play_of(script[min(turn.number, len(script)) - 1], turn)


def play_of(line: Line, turn: Turn) -> Play:
    """What a line comes to in this turn."""
    if line.fault is not None:
        act = faults.BY_ID[line.fault].primary
        play = act(turn) if act is not None else say(turn)
    elif line.body is not None or line.chunks or not line.status:
        raw = line.chunks or (line.body or "",)
        play = Play(
            status=line.status,
            content_type=EVENTS if line.chunks else JSON,
            headers=tuple(line.headers.items()),
            pieces=tuple(Piece(text.encode()) for text in raw),
            ending=line.ending,
        )
    else:
        words = tuple(word + " " for word in (line.text or "").split(" "))
        said = say(turn, (*words[:-1], words[-1][:-1])) if line.text is not None else say(turn)
        play = msgspec.structs.replace(said, ending=line.ending)
    return paced(play, line, turn.scale)


def paced(play: Play, line: Line, scale: float) -> Play:
    """Add the line's own waits."""
    if not line.wait and not line.pause:
        return play
    return msgspec.structs.replace(
        play,
        wait=play.wait + line.wait * scale,
        pieces=tuple(Piece(piece.data, piece.wait + line.pause * scale) for piece in play.pieces),
    )

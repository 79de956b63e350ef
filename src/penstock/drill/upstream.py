"""A made-up provider on a real socket, so that bytes can be cut, held back and reset."""

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import Final

import msgspec

from penstock.domain.chat import Dialect
from penstock.stage.faults import Act
from penstock.stage.play import EVENTS, Piece, Play, Turn, say, turn_of

PATHS: Final = (
    ("/chat/completions", Dialect.OPENAI_CHAT),
    ("/completions", Dialect.OPENAI_COMPLETIONS),
    ("/responses", Dialect.OPENAI_RESPONSES),
    ("/messages", Dialect.ANTHROPIC_MESSAGES),
)
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""
HEAD_END: Final = b"\r\n\r\n"


class Arrival:
    """One request that reached the made-up provider. Times are on the event loop's clock."""

    __slots__ = ("at", "gone_at", "key", "number", "place", "turn")

    def __init__(self, place: int, number: int, at: float, key: str, turn: Turn) -> None:
        self.place = place
        self.number = number
        self.at = at
        self.key = key
        self.turn = turn
        self.gone_at: float | None = None
        """When the caller left before the answer had ended."""


class Scene:
    """What the targets of one case do, and who came."""

    def __init__(self, acts: Sequence[Act], scale: float) -> None:
        """`acts[n]` is how the n-th target behaves."""
        self.acts = acts
        self.scale = scale
        self.arrivals: list[Arrival] = []

    def at(self, place: int) -> list[Arrival]:
        """Those who came to one target, oldest first."""
        return [arrival for arrival in self.arrivals if arrival.place == place]

    def enter(self, place: int, asked: Turn, key: str, now: float) -> Arrival:
        before = self.at(place)
        turn = msgspec.structs.replace(
            asked,
            number=len(before) + 1,
            elapsed=now - before[0].at if before else 0.0,
            key=key,
            scale=self.scale,
        )
        arrival = Arrival(place, turn.number, now, key, turn)
        self.arrivals.append(arrival)
        return arrival

    def play(self, arrival: Arrival) -> Play:
        return self.acts[arrival.place](arrival.turn)


class Upstream:
    """Listens on a free loopback port; the path says which scene and which target is meant."""

    def __init__(self) -> None:
        self.scenes: dict[str, Scene] = {}
        self._server: asyncio.Server | None = None
        self._open: set[Connection] = set()

    async def start(self) -> str:
        """Start listening; returns the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self.scenes, self._open), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def aclose(self) -> None:
        """Stop, and drop every connection."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._open):
            connection.drop()
        await asyncio.sleep(0)


class Head(msgspec.Struct, frozen=True):
    """A request up to its body."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))

    @property
    def key(self) -> str:
        headers = self.headers
        return headers.get("authorization") or headers.get("x-api-key") or headers.get("api-key") or ""


class Connection(asyncio.Protocol):
    """One connection: requests in, plays out, in turn."""

    def __init__(self, scenes: dict[str, Scene], connections: "set[Connection]") -> None:
        self._scenes = scenes
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head: Head | None = None
        self._arrival: Arrival | None = None
        self._pieces: list[Piece] = []
        self._play: Play | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a server's are
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._arrival is not None:
            self._arrival.gone_at = self._loop.time()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._play is not None and self._timer is None:
            self._go_on()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._arrival is None:
            self._read()

    def drop(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()

    def _read(self) -> None:
        if self._head is None:
            end = self._buffer.find(HEAD_END)
            if end < 0:
                return
            self._head = head_of(bytes(self._buffer[:end]))
            del self._buffer[: end + len(HEAD_END)]
        if len(self._buffer) < self._head.length:
            return
        body = bytes(self._buffer[: self._head.length])
        del self._buffer[: self._head.length]
        head, self._head = self._head, None
        self._answer(head, body)

    def _answer(self, head: Head, body: bytes) -> None:
        _, name, place, *rest = (*head.path.partition("?")[0].split("/"), "", "")
        path = "/" + "/".join(part for part in rest if part)
        scene = self._scenes.get(name)
        dialect = next((dialect for ending, dialect in PATHS if path.endswith(ending)), None)
        if scene is None or dialect is None or not place.isdigit():
            self._begin(aside(head, path))
            return
        asked = turn_of(dialect, msgspec.json.decode(body, type=dict))
        self._arrival = scene.enter(int(place), asked, head.key, self._loop.time())
        self._begin(scene.play(self._arrival))

    def _begin(self, play: Play) -> None:
        self._play = play
        self._pieces = list(reversed(play.pieces))
        if play.wait:
            self._timer = self._loop.call_later(play.wait, self._start)
        else:
            self._start()

    def _start(self) -> None:
        self._timer = None
        if self._play is not None and self._play.status:
            self._write(head_for(self._play))
        self._go_on()

    def _go_on(self) -> None:
        """Send what is due now; a timer or the drained buffer calls again for the rest."""
        self._timer = None
        while self._pieces and not self._paused:
            piece = self._pieces[-1]
            if piece.wait:
                self._pieces[-1] = Piece(piece.data)
                self._timer = self._loop.call_later(piece.wait, self._go_on)
                return
            self._pieces.pop()
            self._write(framed(self._play, piece.data))
        if not self._pieces and self._play is not None:
            self._end(self._play)

    def _end(self, play: Play) -> None:
        if play.ending == "silence" or self._transport is None:
            return
        self._play = None
        if play.ending == "complete":
            self._arrival = None
            if is_stream(play):
                self._write(b"0\r\n\r\n")
            if self._buffer:
                self._read()
            return
        self._arrival = None
        if play.ending == "reset":
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._transport.abort()
        else:
            self._transport.close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def head_of(raw: bytes) -> Head:
    first, *lines = raw.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return Head(method, path, {name.strip().lower(): value.strip() for name, _, value in pairs})


def is_stream(play: Play) -> bool:
    return play.content_type == EVENTS


def head_for(play: Play) -> bytes:
    """Status and headers; an answer that will be cut announces more than it has."""
    length = len(play.body) * (1 if play.ending == "complete" else 2)
    size = "transfer-encoding: chunked" if is_stream(play) else f"content-length: {length}"
    lines = [f"{name}: {value}" for name, value in play.headers]
    head = [f"HTTP/1.1 {play.status} Made-Up", f"content-type: {play.content_type}", size, *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1")


def framed(play: Play | None, data: bytes) -> bytes:
    if play is None or not is_stream(play):
        return data
    return b"%x\r\n%b\r\n" % (len(data), data)


def aside(head: Head, path: str) -> Play:
    """What else a gateway may ask: which models there are, how many tokens, whether anyone is there."""
    if path.endswith("/models"):
        return Play(pieces=(Piece(b'{"object":"list","data":[{"id":"primary","object":"model"}]}'),))
    if path.endswith("/count_tokens"):
        return Play(pieces=(Piece(b'{"input_tokens":12}'),))
    if head.method == "HEAD":
        return Play()
    return Play(
        status=404, pieces=(Piece(b'{"error":{"message":"No such place","type":"not_found_error"}}'),)
    )


def fine(turn: Turn) -> Play:
    """A target without any fault."""
    return say(turn)

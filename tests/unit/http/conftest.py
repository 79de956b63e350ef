"""A door without a server: requests as ASGI messages, and a dialect that is this room's own double."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from penstock.config.tree import Server
from penstock.domain.chat import ChatRequest, Dialect
from penstock.domain.exchange import Ask, Whole
from penstock.domain.identity import Principal
from penstock.domain.keys import hash_key
from penstock.failures import Failure, InvalidRequest
from penstock.http.asgi import Door
from penstock.http.authenticate import Keyring, KnownKey
from penstock.http.billable import Billable, Reader
from penstock.http.incoming import Incoming
from penstock.http.routes import Route, Table

PEPPER = b"p" * 32
KEY = "psk_alice_0123456789abcdef0123"
ALICE = Principal(key_id="alice", key_name="alice", organization="acme")
GONE = {"type": "http.disconnect"}


class PlainCodec:
    """Tells a failure as {"dialect", "code", "id"}; a request is any JSON object with a model."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def read_request(self, body: bytes) -> ChatRequest:
        try:
            found = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise InvalidRequest(str(error)) from None
        return ChatRequest(
            dialect=self.dialect,
            body=body,
            model=found["model"],
            stream=found.get("stream", False),
            store=found.get("store", True),
            previous_response_id=found.get("previous_response_id"),
        )

    def write_failure(self, failure: Failure, request_id: str) -> bytes:
        told = {"dialect": self.dialect.value, "code": failure.code, "id": request_id, "param": failure.param}
        return msgspec.json.encode(told)

    def write_failure_frame(self, failure: Failure, request_id: str) -> bytes:
        return b"event: error\ndata: " + self.write_failure(failure, request_id) + b"\n\n"


class Frames:
    """A stream of given frames; an exception among them is raised, an event waited for."""

    def __init__(self, frames: Iterable[Any], headers: dict[str, str] | None = None) -> None:
        self.headers = headers or {}
        self.closed = 0
        self._frames = list(frames)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while self._frames:
            frame = self._frames.pop(0)
            if isinstance(frame, BaseException):
                raise frame
            if isinstance(frame, asyncio.Event):
                await frame.wait()
                continue
            return frame
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed += 1


class Reply:
    """What a client sees."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.ended = False

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Client:
    """Sends requests to a door (or any ASGI application)."""

    def __init__(self, door: Any) -> None:
        self.door = door

    @staticmethod
    def _headers(headers: Any, body: bytes | Sequence[Any]) -> list[tuple[bytes, bytes]]:
        if isinstance(headers, list):
            return headers
        given = {"authorization": f"Bearer {KEY}"} | dict(headers or {})
        raw = [(name.encode(), value.encode("latin-1")) for name, value in given.items() if value]
        if body and isinstance(body, bytes):
            raw.append((b"content-length", str(len(body)).encode()))
        elif body:
            raw.append((b"transfer-encoding", b"chunked"))
        return raw

    async def __call__(
        self,
        method: str,
        path: str,
        body: bytes | Sequence[Any] = b"",
        headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None,
        query: str = "",
        gone: asyncio.Event | None = None,
        coroutine_receive: bool = False,
    ) -> Reply:
        """Pieces of a body may be bytes, events to wait for, and GONE; `gone` makes the client leave."""
        pieces: list[Any] = [body] if isinstance(body, bytes) else list(body)
        raw = self._headers(headers, body)
        reply = Reply()
        left = gone or asyncio.Event()

        async def receive() -> dict[str, Any]:
            while pieces:
                piece = pieces.pop(0)
                if isinstance(piece, asyncio.Event):
                    await piece.wait()
                    continue
                if piece == GONE:
                    return GONE
                return {"type": "http.request", "body": piece, "more_body": bool(pieces)}
            await left.wait()
            return GONE

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                reply.pieces.append(message["body"])
                reply.ended = not message["more_body"]

        def receive_future() -> Awaitable[dict[str, Any]]:
            return asyncio.ensure_future(receive())

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": raw,
        }
        await self.door(scope, receive if coroutine_receive else receive_future, send)
        return reply


class Gateway:
    """A Complete that answers with what it was given and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.answer: Any = Whole(status=200, headers={"x-penstock-target": "p/m"}, body=b'{"ok":true}')
        self.cancelled = False
        self.wait: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def __call__(self, ask: Ask) -> Any:
        self.asked.append(ask)
        self.entered.set()
        if self.wait is not None:
            try:
                await self.wait.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


async def no_keys(_change: int) -> Sequence[KnownKey]:
    return ()


@pytest.fixture
def codec_of() -> Callable[[Dialect], PlainCodec]:
    return PlainCodec


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(PEPPER, [KnownKey(digest=hash_key(KEY, PEPPER), principal=ALICE)], no_keys)


@pytest.fixture
def reader(keyring: Keyring) -> Iterable[Reader]:
    with ThreadPoolExecutor(1) as parsers:
        yield Reader(keyring.authenticate, parsers)


@pytest.fixture
def chat(reader: Reader, gateway: Gateway) -> Route:
    handler = Billable(reader, PlainCodec(Dialect.OPENAI_CHAT), gateway)
    return Route(
        method="POST",
        path="/v1/chat/completions",
        handler=handler,
        access="key",
        summary="Chat",
        billable=True,
    )


@pytest.fixture
def messages(reader: Reader, gateway: Gateway) -> Route:
    handler = Billable(reader, PlainCodec(Dialect.ANTHROPIC_MESSAGES), gateway)
    return Route(
        method="POST", path="/v1/messages", handler=handler, access="key", summary="Messages", billable=True
    )


@pytest.fixture
def live() -> Route:
    async def answer(incoming: Incoming) -> Whole:
        return Whole(status=200, headers={}, body=b"{}")

    return Route(method="GET", path="/live", handler=answer, access="open", summary="Alive")


@pytest.fixture
def make_door() -> Callable[..., Door]:
    def make(*routes: Route, limits: Server | None = None, **options: Any) -> Door:
        return Door(
            Table(routes),
            limits=limits or Server(),
            codec_of=PlainCodec,
            spawn=asyncio.ensure_future,
            **options,
        )

    return make


@pytest.fixture
def door(make_door: Callable[..., Door], chat: Route, messages: Route, live: Route) -> Door:
    return make_door(chat, messages, live)


@pytest.fixture
def client(door: Door) -> Client:
    return Client(door)


@pytest.fixture
def client_of() -> type[Client]:
    return Client


@pytest.fixture
def frames() -> type[Frames]:
    return Frames

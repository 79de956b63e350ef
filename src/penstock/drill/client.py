"""A client that is nobody's library: it asks, and writes down exactly what came back."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import aiohttp
import msgspec
from yarl import URL

from penstock.domain.chat import Dialect

Json = dict[str, Any]  # wire: a reply's JSON
PATHS: Final = {
    Dialect.OPENAI_CHAT: "/v1/chat/completions",
    Dialect.OPENAI_RESPONSES: "/v1/responses",
    Dialect.ANTHROPIC_MESSAGES: "/v1/messages",
}
BLOCK: Final = 1 << 18
LAG_BUCKET: Final = re.compile(
    r'^penstock_event_loop_lag_seconds_bucket\{.*?le="([^"]+)"\} (\S+)', re.MULTILINE
)
PROMPT: Final = "Say sixty words."


class Seen(msgspec.Struct, kw_only=True):
    """What the client got."""

    status: int = 0
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    text: str = ""
    ended: bool = False
    """The dialect's own proper end was there."""
    error: Json | None = None
    """The error body, or the error event of a stream."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str = ""
    began: float = 0.0
    """On the event loop's clock."""
    first: float | None = None
    """Seconds to the first content."""
    took: float = 0.0
    """Seconds in all."""
    broken: str | None = None
    """The connection to the gateway itself failed."""

    @property
    def answered(self) -> bool:
        return self.status == 200 and self.ended and self.error is None and self.broken is None

    @property
    def failed_cleanly(self) -> bool:
        """An error that a client can see for what it is."""
        return self.error is not None and not self.ended and self.broken is None

    @property
    def request_id(self) -> str:
        return self.headers.get("x-penstock-request-id", "")

    def __str__(self) -> str:
        """A few words for a table."""
        if self.broken:
            return f"connection broken: {self.broken}"
        words = len(self.text.split())
        said = f"{self.status}, {words} words{', ended' if self.ended else ''}"
        error = f", error {code_of(self.error)}" if self.error is not None else ""
        return f"{said}{error}, {self.took:.2f} s, {self.headers.get('x-penstock-target', '-')}"


def code_of(error: Json) -> str:
    inner = error.get("error", error)
    if isinstance(inner, dict):
        return str(inner.get("code") or inner.get("type") or "?")
    return "?"


def body_for(dialect: Dialect, model: str, *, stream: bool, prompt: str = PROMPT) -> bytes:
    """A plain request in that dialect."""
    body: Json = {"model": model, "stream": stream}
    if dialect is Dialect.OPENAI_RESPONSES:
        body |= {"input": prompt, "max_output_tokens": 200}
    else:
        body |= {"messages": [{"role": "user", "content": prompt}], "max_tokens": 200}
    if dialect is Dialect.OPENAI_CHAT and stream:
        body["stream_options"] = {"include_usage": True}
    return msgspec.json.encode(body)


class Client:
    """Speaks to one gateway."""

    def __init__(self, session: aiohttp.ClientSession, address: str, key: str, admin_key: str) -> None:
        self._session = session
        self._address = address
        self._key = key
        self._admin_key = admin_key

    async def ask(
        self, dialect: Dialect, model: str, *, stream: bool, recovery: str = "off", patience: float = 120.0
    ) -> Seen:
        """Send one request and read the reply to its end."""
        seen = Seen(began=asyncio.get_running_loop().time())
        try:
            async with (
                asyncio.timeout(patience),
                self.post(dialect, model, stream=stream, recovery=recovery) as reply,
            ):
                seen.status = reply.status
                seen.headers = {name.lower(): value for name, value in reply.headers.items()}
                if reply.content_type == "text/event-stream":
                    await self._listen(reply, dialect, seen)
                else:
                    read_whole(dialect, await reply.read(), seen)
        except TimeoutError:
            seen.broken = f"nothing for {patience:g} s"
        except (aiohttp.ClientError, OSError) as error:
            seen.broken = type(error).__name__
        seen.took = asyncio.get_running_loop().time() - seen.began
        return seen

    def post(
        self, dialect: Dialect, model: str, *, stream: bool, recovery: str = "off", prompt: str = PROMPT
    ) -> "aiohttp.client._RequestContextManager":
        """Send one request; the caller reads as much of the reply as it wants."""
        headers = {
            "authorization": f"Bearer {self._key}",
            "content-type": "application/json",
            "x-penstock-recovery": recovery,
        }
        return self._session.post(
            self._address + PATHS[dialect],
            data=body_for(dialect, model, stream=stream, prompt=prompt),
            headers=headers,
        )

    async def record(self, request_id: str, patience: float = 5.0) -> Json | None:
        """What the gateway remembers of a request; it may take a moment to be written."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        headers = {"authorization": f"Bearer {self._admin_key}"}
        while loop.time() < until:
            async with self._session.get(
                f"{self._address}/admin/requests/{request_id}", headers=headers
            ) as reply:
                if reply.status == 200:
                    return msgspec.json.decode(await reply.read(), type=Json)
            await asyncio.sleep(0.05)
        return None

    async def attempts_booked(self) -> int:
        """How many attempts the gateway's ledger has, of everyone."""
        headers = {"authorization": f"Bearer {self._admin_key}"}
        async with self._session.get(f"{self._address}/admin/ledger/spend", headers=headers) as reply:
            spending = msgspec.json.decode(await reply.read(), type=Json)
        return int(spending["total"]["attempts"])

    async def send_and_leave(self, dialect: Dialect, body: bytes) -> None:
        """Send a whole request and hang up without waiting for anything."""
        url = URL(self._address)
        _, writer = await asyncio.open_connection(url.host, url.port)
        head = (
            f"POST {PATHS[dialect]} HTTP/1.1\r\nhost: {url.authority}\r\n"
            f"authorization: Bearer {self._key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            writer.write(head.encode("ascii"))
            for start in range(0, len(body), BLOCK):
                writer.write(body[start : start + BLOCK])
                await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def late_wakes(self) -> dict[float, float]:
        """How often the gateway's event loop woke up late by at most so many seconds, as it says itself."""
        headers = {"authorization": f"Bearer {self._admin_key}"}
        async with self._session.get(f"{self._address}/metrics", headers=headers) as reply:
            told = (await reply.read()).decode()
        return {float(found[1]): float(found[2]) for found in LAG_BUCKET.finditer(told)}

    async def alive(self) -> float:
        """Seconds that the gateway takes to say that it lives."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._session.get(f"{self._address}/live") as reply:
            await reply.read()
        return loop.time() - began

    @staticmethod
    async def _listen(reply: aiohttp.ClientResponse, dialect: Dialect, seen: Seen) -> None:
        loop = asyncio.get_running_loop()
        rest = b""
        async for chunk in reply.content.iter_any():
            *frames, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
            for value in values_of(frames):
                READ[dialect](value, seen)
            if seen.text and seen.first is None:
                seen.first = loop.time() - seen.began


def values_of(frames: list[bytes]) -> Iterator[Json]:
    """The JSON of each frame that has some."""
    for frame in frames:
        data = b"\n".join(line[5:].strip() for line in frame.split(b"\n") if line.startswith(b"data:"))
        if data and data != b"[DONE]":
            yield msgspec.json.decode(data, type=Json)


def count(seen: Seen, usage: object, given: str, made: str) -> None:
    if isinstance(usage, dict):
        seen.input_tokens = usage.get(given, seen.input_tokens)
        seen.output_tokens = usage.get(made, seen.output_tokens)


def read_chat(value: Json, seen: Seen) -> None:
    if "error" in value:
        seen.error = value
        return
    seen.model = value.get("model") or seen.model
    for choice in value.get("choices", ()):
        seen.text += choice.get("delta", {}).get("content") or ""
        seen.ended = seen.ended or choice.get("finish_reason") is not None
    count(seen, value.get("usage"), "prompt_tokens", "completion_tokens")


def read_responses(value: Json, seen: Seen) -> None:
    kind = value.get("type", "")
    response = value.get("response") or {}
    seen.model = response.get("model") or seen.model
    if kind == "response.output_text.delta":
        seen.text += value["delta"]
    elif kind == "response.completed":
        seen.ended = True
        count(seen, response.get("usage"), "input_tokens", "output_tokens")
    elif kind in ("error", "response.failed"):
        seen.error = response.get("error") or value


def read_messages(value: Json, seen: Seen) -> None:
    kind = value.get("type")
    if kind == "error":
        seen.error = value
    elif kind == "message_start":
        seen.model = value["message"].get("model") or seen.model
        count(seen, value["message"].get("usage"), "input_tokens", "output_tokens")
    elif kind == "content_block_delta":
        seen.text += value["delta"].get("text", "")
    elif kind == "message_delta":
        count(seen, value.get("usage"), "input_tokens", "output_tokens")
    seen.ended = seen.ended or kind == "message_stop"


READ: Final = {
    Dialect.OPENAI_CHAT: read_chat,
    Dialect.OPENAI_RESPONSES: read_responses,
    Dialect.ANTHROPIC_MESSAGES: read_messages,
}


def read_whole(dialect: Dialect, body: bytes, seen: Seen) -> None:
    """Take a complete JSON reply apart."""
    try:
        value = msgspec.json.decode(body, type=Json)
    except msgspec.MsgspecError:
        seen.broken = "a reply that is not JSON"
        return
    if seen.status != 200 or value.get("error"):
        seen.error = value
        return
    seen.ended = True
    seen.model = value.get("model", "")
    usage = value.get("usage")
    if dialect is Dialect.OPENAI_CHAT:
        seen.text = value["choices"][0]["message"]["content"] or ""
        count(seen, usage, "prompt_tokens", "completion_tokens")
        return
    count(seen, usage, "input_tokens", "output_tokens")
    parts = value.get("content", ())
    if dialect is Dialect.OPENAI_RESPONSES:
        parts = [part for item in value["output"] for part in item.get("content", ())]
    seen.text = "".join(part.get("text", "") for part in parts)

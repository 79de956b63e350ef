"""A model's server for benchmarks: `python upstream.py PORT`.

It answers a chat completion after 20 ms, or streams 64 frames, one each 20 ms. A frame's text is the
moment it was sent, in nanoseconds of the machine's monotonic clock, so that whoever receives it
knows how long it was under way.
"""

import asyncio
import json
import sys
import time

DELAY = 0.02
FRAMES = 64
USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
ANSWER = json.dumps(
    {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Water runs downhill, and so do tokens."},
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(ANSWER),
    ANSWER,
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def frame(choices: list[dict[str, object]], **more: object) -> bytes:
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "bench",
    }
    return b"data: " + json.dumps({**chunk, "choices": choices, **more}).encode() + b"\n\n"


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def text(content: str) -> bytes:
    return frame([{"index": 0, "delta": {"content": content}, "finish_reason": None}])


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests on it come one after the other."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.received = bytearray()
        self.left = 0
        self.body = b""
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        if self.timer:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.received[:end]).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
        if len(self.received) < end + 4 + length:
            return
        self.body = bytes(self.received[end + 4 : end + 4 + length])
        del self.received[: end + 4 + length]
        self.timer = asyncio.get_running_loop().call_later(DELAY, self.answer)

    def answer(self) -> None:
        squeezed = self.body.replace(b" ", b"")
        if b'"stream":true' not in squeezed:
            self.transport.write(WHOLE)
            return
        self.left = FRAMES
        self.transport.write(HEAD)
        self.usage = b'"include_usage":true' in squeezed
        self.due = asyncio.get_running_loop().time()
        self.tick()

    def tick(self) -> None:
        if self.left == 0:
            self.finish()
            return
        self.left -= 1
        self.transport.write(chunked(text(f"<{time.monotonic_ns()}>")))
        self.due += DELAY
        self.timer = asyncio.get_running_loop().call_at(self.due, self.tick)

    def finish(self) -> None:
        tail = frame([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        if self.usage:
            tail += frame([], usage=USAGE)
        self.transport.write(chunked(tail + b"data: [DONE]\n\n") + b"0\r\n\r\n")


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

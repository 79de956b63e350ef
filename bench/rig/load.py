"""Ways to put load on a gateway, each with plain numbers as its result. Times are milliseconds."""

import asyncio
import json
import re
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rig.processes import OTHERS_CORE, need

MARK = re.compile(rb"<(\d+)>")
PATH = "/v1/chat/completions"
STALL = 1000.0
"""A stream whose next frame takes longer than this has stalled."""


def small_body(*, stream: bool = False) -> bytes:
    messages = [
        {"role": "system", "content": "You answer briefly."},
        {"role": "user", "content": "Where does water run to, and why?"},
    ]
    return json.dumps(
        {"model": "bench", "messages": messages, "max_tokens": 64, "stream": stream}, separators=(",", ":")
    ).encode()


def large_body(tokens: int) -> bytes:
    """A request of about so many tokens, four characters each."""
    prose = "the water runs downhill past the lock " * (tokens * 4 // 38)
    return json.dumps(
        {"model": "bench", "messages": [{"role": "user", "content": prose}], "max_tokens": 64}
    ).encode()


def raw_request(port: int, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [
        f"POST {PATH} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# --- throughput: wrk ---


@dataclass
class Throughput:
    per_second: float
    median: float
    p99: float
    failed: int


def throughput(
    port: int, headers: Mapping[str, str], folder: Path, *, connections: int = 32, seconds: int = 5
) -> Throughput:
    """Requests per second with wrk, one thread, on the core of the others."""
    script = folder / "post.lua"
    fields = {"Content-Type": "application/json", **headers}
    lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in fields.items()]
    script.write_text(
        "\n".join(['wrk.method = "POST"', f"wrk.body = [[{small_body().decode()}]]", *lines]) + "\n"
    )
    command = ["taskset", "-c", str(OTHERS_CORE), need("wrk", "wrk"), "-t1", f"-c{connections}"]
    command += [
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "10s",
        "-s",
        str(script),
        f"http://127.0.0.1:{port}{PATH}",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", said)))
    failed += sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", said)))
    return Throughput(
        float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        percentile(said, "50%"),
        percentile(said, "99%"),
        failed,
    )


def percentile(said: str, which: str) -> float:
    value, unit = re.findall(rf"^\s+{which}\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)[0]
    return float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[unit]


# --- one connection at a time: plain sockets, so that the client adds as little as possible ---


class Client:
    """A keep-alive connection that sends one request after another."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self.port, self.headers = port, headers
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, body: bytes) -> float:
        """Milliseconds until the whole answer is there."""
        began = time.perf_counter()
        self.socket.sendall(raw_request(self.port, self.headers, body))
        data = b""
        while not complete(data):
            more = self.socket.recv(262_144)
            if not more:
                raise ConnectionError(f"closed in the middle of an answer: {data[:300]!r}")
            data += more
        if not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(data[:600].decode(errors="replace"))
        return (time.perf_counter() - began) * 1000

    def stream(self, body: bytes) -> tuple[float, list[float]]:
        """Milliseconds to the first frame, and for each frame how long it was under way."""
        began = time.perf_counter()
        self.socket.sendall(raw_request(self.port, self.headers, body))
        first, delays, rest = 0.0, [], b""
        while True:
            more = self.socket.recv(262_144)
            now = time.monotonic_ns()
            if not more:
                raise ConnectionError(f"closed in the middle of a stream: {rest[-300:]!r}")
            rest += more
            for mark in MARK.finditer(rest):
                first = first or (time.perf_counter() - began) * 1000
                delays.append((now - int(mark[1])) / 1e6)
            if rest.endswith(b"0\r\n\r\n"):
                return first, delays
            rest = rest[rest.rfind(b"\n") + 1 :] if b"\n" in rest else rest

    def close(self) -> None:
        self.socket.close()


def complete(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = data[:end].lower()
    length = re.search(rb"content-length: *(\d+)", head)
    return len(data) >= end + 4 + int(length[1]) if length else data.endswith(b"0\r\n\r\n")


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def added_latency(
    port: int, headers: Mapping[str, str], direct: int, rounds: int = 400
) -> tuple[float, float]:
    """What the gateway adds to an answer of 20 ms: at the median and at the 99th percentile."""
    through, straight = Client(port, headers), Client(direct, {})
    for _ in range(20):
        through.ask(small_body())
    with_it, without = [], []
    for _ in range(rounds):
        with_it.append(through.ask(small_body()))
        without.append(straight.ask(small_body()))
    through.close()
    straight.close()
    return (
        statistics.median(with_it) - statistics.median(without),
        quantile(with_it, 0.99) - quantile(without, 0.99),
    )


def added_streaming(
    port: int, headers: Mapping[str, str], direct: int, rounds: int = 30
) -> tuple[float, float]:
    """What the gateway adds to the first token and to each frame, at the 99th percentile."""
    body = small_body(stream=True)
    through, straight = Client(port, headers), Client(direct, {})
    through.stream(body)
    firsts: tuple[list[float], list[float]] = ([], [])
    frames: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, client in enumerate((through, straight)):
            first, delays = client.stream(body)
            firsts[side].append(first)
            frames[side].extend(delays)
    through.close()
    straight.close()
    return (
        quantile(firsts[0], 0.99) - quantile(firsts[1], 0.99),
        quantile(frames[0], 0.99) - quantile(frames[1], 0.99),
    )


def beside_large(port: int, headers: Mapping[str, str], rounds: int = 400) -> float:
    """What requests of 100,000 tokens, two a second, add to the 99th percentile of small ones."""
    small, over = Client(port, headers), threading.Event()
    alone = [small.ask(small_body()) for _ in range(rounds)]
    body = large_body(100_000)

    def disturb() -> None:
        client = Client(port, headers)
        while not over.wait(0.5):
            client.ask(body)
        client.close()

    other = threading.Thread(target=disturb)
    other.start()
    disturbed = [small.ask(small_body()) for _ in range(rounds)]
    over.set()
    other.join()
    small.close()
    return quantile(disturbed, 0.99) - quantile(alone, 0.99)


# --- many streams at once ---


@dataclass
class Stream(asyncio.Protocol):
    """One stream: how long each frame was under way, and the longest silence."""

    request: bytes
    done: "asyncio.Future[None]"
    delays: list[float] = field(default_factory=list)
    silence: float = 0.0
    ended: bool = False
    last: float = 0.0
    tail: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self.tail + data
        for mark in MARK.finditer(data):
            self.delays.append((now - int(mark[1])) / 1e6)
            if self.last:
                self.silence = max(self.silence, now / 1e6 - self.last)
            self.last = now / 1e6
        self.ended |= b"[DONE]" in data
        if data.endswith(b"0\r\n\r\n"):
            self.transport.close()
        self.tail = data[data.rfind(b"\n") + 1 :]

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


@dataclass
class Streams:
    stalled: int
    incomplete: int
    frames_per_second: float
    p99: float
    """Milliseconds that a frame was under way."""


def many_streams(port: int, headers: Mapping[str, str], count: int = 128) -> Streams:
    """So many streams of 50 frames a second, begun over one second."""
    return asyncio.run(open_streams(port, headers, count))


async def open_streams(port: int, headers: Mapping[str, str], count: int) -> Streams:
    loop = asyncio.get_running_loop()
    request = raw_request(port, headers, small_body(stream=True))
    streams: list[Stream] = []
    began = loop.time()
    for _ in range(count):
        stream = Stream(request, loop.create_future())
        streams.append(stream)
        await loop.create_connection(lambda stream=stream: stream, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.sleep(1 / count)
    await asyncio.wait_for(asyncio.gather(*(stream.done for stream in streams)), 60)
    took = loop.time() - began
    delays = [delay for stream in streams for delay in stream.delays]
    return Streams(
        stalled=sum(stream.silence > STALL for stream in streams),
        incomplete=sum(not stream.ended for stream in streams),
        frames_per_second=len(delays) / took,
        p99=quantile(delays, 0.99) if delays else float("nan"),
    )

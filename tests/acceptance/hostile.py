"""Hostile requests against a real server: prints what came of them as one JSON object.

    python tests/acceptance/hostile.py --count 100000

A server is started on loopback with a made-up provider, so nothing leaves the machine. Every request is
drawn from a seed. What must hold: no 5xx of our own making, no crash, valid requests in between are
answered, the process grows by less than 20 MB, and slow connections do not hold up SIGTERM.
"""

import argparse
import asyncio
import collections
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

KEY: Final = "hostile-test-key"
PATHS: Final = {
    "/v1/chat/completions": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    "/v1/responses": {"model": "m", "input": "hi"},
    "/v1/messages": {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]},
    "/v1/messages/count_tokens": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    "/v1/embeddings": {"model": "m", "input": "hi"},
    "/v1/completions": {"model": "m", "prompt": "hi"},
    "/admin/keys": {"name": "x"},
    "/admin/circuits": {"target": "p/m", "state": "auto"},
}
ODD: Final = (
    "",
    " ",
    None,
    True,
    -1,
    1e308,
    10**30,
    [],
    {},
    [[]],
    {"a": None},
    "\ud800",
    "\x00",
    "x" * 9_999,
)
DRAIN: Final = 15.0
"""Seconds that the server is given to drain."""
GROWTH_MB: Final = 20.0
AT_ONCE: Final = 24
PATIENCE: Final = 15.0
"""Seconds without an answer that count as a hang."""


def head(rng: random.Random, path: str, *, length: int | None, extra: bytes = b"") -> bytes:
    """The head of a request that would be let in."""
    method = rng.choice(("POST",) * 60 + ("GET", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD", "BREW"))
    lines = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n".encode()
    lines += b"" if length is None else b"Content-Length: %d\r\n" % length
    return lines + extra + b"\r\n"


def whole(rng: random.Random, path: str, body: bytes, extra: bytes = b"") -> bytes:
    return head(rng, path, length=len(body), extra=extra) + body


def a_path(rng: random.Random) -> str:
    return rng.choice(tuple(PATHS))


def noise(rng: random.Random) -> bytes:
    """Bytes that are no HTTP."""
    return rng.randbytes(rng.randint(1, 2000)) + b"\r\n\r\n"


def noisy_body(rng: random.Random) -> bytes:
    """A good head, and a body that is no JSON."""
    return whole(rng, a_path(rng), rng.randbytes(rng.randint(0, 5000)))


def deep(rng: random.Random) -> bytes:
    """Nesting without an end, in a place that is looked at or not."""
    depth = rng.choice((10, 100, 1000, 10_000, 100_000))
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    nest = opening * depth + b"1" + closing * (depth if rng.random() < 0.5 else 0)
    return whole(rng, a_path(rng), b'{"model":"m","messages":%b,"input":%b}' % (nest, nest))


def bad_text(rng: random.Random) -> bytes:
    """UTF-8 that is none, in the middle of good JSON."""
    body = json.dumps(PATHS[path := a_path(rng)]).encode()
    at = rng.randint(0, len(body))
    bad = rng.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00"))
    return whole(rng, path, body[:at] + bad + body[at:])


def wrong_types(rng: random.Random) -> bytes:
    """Good JSON in which something is of the wrong type, missing, or there twice."""
    path = a_path(rng)
    body = dict(PATHS[path])
    for name in rng.sample(sorted(body), rng.randint(1, len(body))):
        body[name] = rng.choice(ODD)
    for name in ("stream", "tools", "max_tokens", "stream_options", "previous_response_id", "store", "n"):
        if rng.random() < 0.2:
            body[name] = rng.choice(ODD)
    text = json.dumps(body).encode()
    if rng.random() < 0.2:
        text = text[:-1] + b',"model":"twice"}'
    return whole(rng, path, text)


def nested_types(rng: random.Random) -> bytes:
    """Wrong types further down, where messages and items are read."""
    item = {"role": rng.choice(("user", "tool", "assistant", "x", None, 3)), "content": rng.choice(ODD)}
    for name in ("tool_calls", "tool_call_id", "type", "name", "id", "text", "image_url", "source"):
        if rng.random() < 0.3:
            item[name] = rng.choice((*ODD, "text", "image_url", "tool_use", "function_call", [item.copy()]))
    path = rng.choice(("/v1/chat/completions", "/v1/messages", "/v1/responses"))
    items = [item, rng.choice(ODD)]
    body = {"model": "m", "max_tokens": 5, "messages": items, "input": items, "stream": rng.random() < 0.3}
    return whole(rng, path, json.dumps(body).encode())


def huge_headers(rng: random.Random) -> bytes:
    """Too many headers, or too long ones."""
    if rng.random() < 0.5:
        extra = b"".join(b"X-%d: y\r\n" % n for n in range(rng.choice((90, 101, 500, 5000))))
    else:
        extra = b"X: " + b"y" * rng.choice((8_000, 64_000, 66_000, 500_000)) + b"\r\n"
    return whole(rng, a_path(rng), b"{}", extra)


def odd_headers(rng: random.Random) -> bytes:
    """Headers that we read, with values that make no sense."""
    name = rng.choice(
        (
            b"x-penstock-deadline-ms",
            b"x-penstock-recovery",
            b"x-penstock-max-cost-usd",
            b"session-id",
            b"traceparent",
            b"content-encoding",
            b"content-type",
            b"transfer-encoding",
            b"content-length",
            b"authorization",
            b"anthropic-version",
            b"expect",
            b"connection",
            b"user-agent",
        )
    )
    value = rng.choice(
        (rng.randbytes(20), b"-1", b"9" * 400, b"1e999", b"gzip", b"chunked", b"\xff\xfe", b"")
    )
    extra = name + b": " + value.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    return whole(rng, path := a_path(rng), json.dumps(PATHS[path]).encode(), extra)


def odd_paths(rng: random.Random) -> bytes:
    """Paths that climb, repeat, hide bytes, or carry ids of any kind."""
    stem = rng.choice(
        (
            "/",
            "//v1/models",
            "/v1/models/",
            "/v1/models/%00",
            "/v1/models/%ff%fe",
            "/v1/responses/../admin",
            "/v1/responses/%2e%2e%2fadmin",
            "/v1/responses/" + "x" * 3000,
            "/v1/responses/resp_1/input_items",
            "/admin/requests?limit=" + "9" * 400,
            "/admin/requests?cursor=%00_%ff",
            "/admin/requests/%00",
            "/admin/keys/%00/rotate",
            "/admin/ledger/spend?since=nan&until=inf",
            "/ready?" + "a=1&" * 2000,
            "*",
            "http://127.0.0.1:1/v1/models",
        )
    )
    return whole(rng, stem, b"{}") if rng.random() < 0.5 else head(rng, stem, length=None)


def odd_chunks(rng: random.Random) -> bytes:
    """Chunked bodies whose chunks lie."""
    start = head(rng, a_path(rng), length=None, extra=b"Transfer-Encoding: chunked\r\n")
    size = rng.choice((b"5", b"-5", b"fffffffffffffffff", b"zz", b"", b"5;x=" + b"y" * 5000, b"0"))
    return start + size + b"\r\nhello\r\n" + rng.choice((b"0\r\n\r\n", b"", b"0\r\nX: y\r\n\r\n"))


def odd_numbers(rng: random.Random) -> bytes:
    """JSON that some parsers take and some do not."""
    words = (b"NaN", b"Infinity", b"-0", b"1e99999", b"0x10", b"'x'", b'"\\ud800"', b"//")
    value = rng.choice((*words, b"0" * 50, b"1" * 5000))
    return whole(rng, a_path(rng), b'{"model":"m","max_tokens":%b,"messages":[],"n":%b}' % (value, value))


def large(rng: random.Random) -> bytes:
    """Bodies of megabytes, good and cut."""
    text = b"x" * rng.choice((60_000, 1_000_000, 3_000_000))
    body = b'{"model":"nobody","messages":[{"role":"user","content":"%b"}]}' % text
    return whole(rng, "/v1/chat/completions", body[: rng.choice((len(body), len(body) - 1))])


def announced(rng: random.Random) -> bytes:
    """More than is taken, announced and not sent."""
    return head(rng, a_path(rng), length=rng.choice((20_000_001, 10**12, 10**18)))


def cut(rng: random.Random) -> bytes:
    """A request that ends in its middle; its sender leaves."""
    path = a_path(rng)
    text = whole(rng, path, json.dumps(PATHS[path]).encode())
    return text[: rng.randint(1, len(text) - 1)]


def good(rng: random.Random) -> bytes:
    """A valid request."""
    path = rng.choice(("/v1/chat/completions", "/v1/responses", "/v1/messages"))
    body = PATHS[path] | ({"stream": True} if rng.random() < 0.5 else {})
    text = json.dumps(body).encode()
    return b"POST " + whole(rng, path, text).partition(b" ")[2]


Kind = Callable[[random.Random], bytes]
COMMON: Final[tuple[Kind, ...]] = (
    noise,
    noisy_body,
    bad_text,
    wrong_types,
    nested_types,
    odd_headers,
    odd_paths,
    odd_chunks,
    odd_numbers,
    cut,
    good,
)
RARE: Final[tuple[Kind, ...]] = (deep, huge_headers, large, announced)
"""Each of these costs a hundred times as much."""
HASTY: Final = frozenset({noise, odd_chunks, cut, announced, odd_headers})
"""What may rightly wait for more; its sender leaves after a moment."""


def draw(rng: random.Random) -> Kind:
    return rng.choice(RARE if rng.random() < 0.04 else COMMON)


class Tally:
    """What came of the requests."""

    def __init__(self) -> None:
        self.statuses: collections.Counter[str] = collections.Counter()
        self.wrong: list[str] = []

    def note(self, kind: Kind, status: int | None) -> None:
        self.statuses[str(status or "none")] += 1
        if status is not None and status >= 500:
            self.wrong.append(f"{kind.__name__}: {status}")
        if kind is good and status != 200:
            self.wrong.append(f"a good request got {status}")

    def hang(self, kind: Kind) -> None:
        self.wrong.append(f"{kind.__name__}: no answer in {PATIENCE:g} s")


async def throw(port: int, kind: Kind, data: bytes) -> int | None:
    """Send one request and return its status; None: the connection ended without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if kind in HASTY:
            try:
                async with asyncio.timeout(0.05):
                    return status_of(await reader.readline())
            except TimeoutError:
                return None
        await writer.drain()
        status = status_of(await reader.readline())
        if kind is good:
            await drink(reader)
        return status
    except ConnectionError:
        return None
    finally:
        writer.close()


async def drink(reader: asyncio.StreamReader) -> None:
    """Read a reply to its end."""
    lines = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"chunked" in lines:
        await reader.readuntil(b"0\r\n\r\n")
    else:
        await reader.readexactly(int(lines.partition(b"content-length:")[2].split()[0]))


def status_of(line: bytes) -> int | None:
    words = line.split(b" ")
    return int(words[1]) if line.startswith(b"HTTP/") and len(words) > 1 else None


async def storm(port: int, pid: int, count: int, seed: int) -> tuple[Tally, list[float]]:
    """Throw `count` requests, AT_ONCE at a time; also return the server's size in MB as it went."""
    tally, sizes = Tally(), [resident(pid)]
    left = iter(range(count))
    step = max(1, count // 20)

    async def thrower(rng: random.Random) -> None:
        for n in left:
            kind = draw(rng)
            try:
                async with asyncio.timeout(PATIENCE):
                    tally.note(kind, await throw(port, kind, kind(rng)))
            except TimeoutError:
                tally.hang(kind)
            if n % step == step - 1:
                sizes.append(resident(pid))

    await asyncio.gather(*(thrower(random.Random(f"{seed}/{n}")) for n in range(AT_ONCE)))
    return tally, sizes


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def slow_connections(port: int, count: int) -> Iterator[socket.socket]:
    """Open connections whose requests never become complete: half in the head, half in the body."""
    for n in range(count):
        slow = socket.create_connection(("127.0.0.1", port))
        text = head(random.Random(n), "/v1/chat/completions", length=100)
        slow.sendall(text[:20] if n % 2 else text.replace(text.split(b" ")[0], b"POST", 1) + b"{")
        yield slow


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a server and wait until it is ready."""
    config = {
        "server": {"drain": DRAIN, "header_timeout": 20, "body_timeout": 20},
        "providers": {"p": {"kind": "scripted", "script": [{"text": "fine"}], "time_scale": 0}},
        "models": {"m": {"targets": [{"provider": "p", "model": "m"}]}},
        "keys": [{"name": "hostile", "secret": "env:HOSTILE_KEY"}],
    }
    file = folder / "penstock.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    flags = ["--config", file, "--data", folder, "--port", str(port)]
    command = [sys.executable, "-m", "penstock", "up", *flags]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            env={**os.environ, "HOSTILE_KEY": KEY, "PENSTOCK_ADMIN_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith(b"ready"):
            return server
    raise SystemExit((folder / "log").read_text(encoding="utf-8", errors="replace"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(server: subprocess.Popen[bytes], port: int) -> float:
    """Send SIGTERM while twenty slow connections are open; return the seconds until the process ended."""
    slow = list(slow_connections(port, 20))
    time.sleep(0.2)
    began = time.monotonic()
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(DRAIN * 10)
    except subprocess.TimeoutExpired:
        server.kill()
    for connection in slow:
        connection.close()
    return time.monotonic() - began


def log_lines(folder: Path) -> int:
    """Unexpected failures that the server logged."""
    return (folder / "log").read_bytes().count(b"unexpected failure")


def run(count: int, seed: int, folder: Path) -> dict[str, object]:
    port = free_port()
    server = start(folder, port)
    began = time.monotonic()
    warm, _ = asyncio.run(storm(port, server.pid, max(500, count // 10), seed + 1))
    tally, sizes = asyncio.run(storm(port, server.pid, count, seed))
    took = time.monotonic() - began
    alive = server.poll() is None
    return {
        "requests": count,
        "seconds": round(took, 1),
        "statuses": dict(sorted(tally.statuses.items())),
        "wrong": (warm.wrong + tally.wrong)[:20],
        "wrong_count": len(warm.wrong) + len(tally.wrong),
        "alive": alive,
        "unexpected_failures": log_lines(folder),
        "resident_mb": [round(size, 1) for size in sizes],
        "growth_mb": round(sizes[-1] - sizes[0], 1),
        "term_seconds": round(end(server, port), 2) if alive else None,
        "drain_seconds": DRAIN,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="penstock-hostile-") as folder:
        sys.stdout.write(json.dumps(run(given.count, given.seed, Path(folder)), indent=1) + "\n")


if __name__ == "__main__":
    main()

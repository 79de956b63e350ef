"""Recorded streams through a running server, from a provider that cuts them anywhere, to a real client."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from tests.acceptance.test_fidelity_wire import CHATS, STREAMS, read_all, substance

from penstock.domain.chat import Dialect, Ended
from penstock.failures import UpstreamFailure
from penstock.wire import sse

pytestmark = pytest.mark.skipif(not STREAMS, reason="the recorded traffic is not on this machine")

KEY = "key-of-the-fidelity-test"
PATHS = {
    Dialect.OPENAI_CHAT: "/v1/chat/completions",
    Dialect.OPENAI_RESPONSES: "/v1/responses",
    Dialect.ANTHROPIC_MESSAGES: "/v1/messages",
    Dialect.OPENAI_COMPLETIONS: "/v1/completions",
}
NATIVE = {
    Dialect.OPENAI_CHAT: ["chat"],
    Dialect.OPENAI_RESPONSES: ["responses"],
    Dialect.OPENAI_COMPLETIONS: ["completions"],
}
UNSAID = (0, 0, 0, 0)
"""Usage of a stream that was recorded without any."""
BODIES = {
    Dialect.OPENAI_CHAT: {
        "messages": [{"role": "user", "content": "?"}],
        "stream_options": {"include_usage": True},
    },
    Dialect.OPENAI_RESPONSES: {"input": "?", "store": False},
    Dialect.ANTHROPIC_MESSAGES: {"messages": [{"role": "user", "content": "?"}], "max_tokens": 100},
    Dialect.OPENAI_COMPLETIONS: {"prompt": "?", "stream_options": {"include_usage": True}},
}


async def play(request: web.Request) -> web.StreamResponse:
    """Answer with the stream that the model's name stands for, in pieces of random size."""
    number = int((await request.json())["model"])
    name, _, body = STREAMS[number]
    reply = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await reply.prepare(request)
    draw = random.Random(name)
    start = 0
    while start < len(body):
        size = draw.choice((1, 3, 50, 700, 5000))
        await reply.write(body[start : start + size])
        start += size
        await asyncio.sleep(0)
    return reply


def configuration(port: int) -> dict[str, object]:
    providers = {
        dialect.value: {
            "kind": "openai_compatible",
            "base_url": f"http://127.0.0.1:{port}/v1",
            "dialects": native,
        }
        for dialect, native in NATIVE.items()
    }
    providers["anthropic_messages"] = {"kind": "anthropic", "base_url": f"http://127.0.0.1:{port}/v1"}
    return {
        "providers": providers,
        "models": {
            str(number): {"targets": [{"provider": dialect.value, "model": str(number)}]}
            for number, (_, dialect, _) in enumerate(STREAMS)
        },
        "keys": [{"name": "fidelity", "secret": "env:FIDELITY_KEY"}],
        "retries": {"attempts": 1},
        "circuit": {"consecutive": 1_000_000, "minimum_calls": 1_000_000},
        "telemetry": {"log_level": "error"},
    }


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a server whose providers play the recordings."""
    upstream = web.Application()
    upstream.router.add_post("/{path:.*}", play)
    runner = web.AppRunner(upstream)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    (tmp_path / "penstock.yaml").write_text(json.dumps(configuration(port)))
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "penstock", "up", "--config", str(tmp_path / "penstock.yaml"),
        "--data", str(tmp_path / "data"), "--port", "0",
        env={**os.environ, "FIDELITY_KEY": KEY}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    line = b""
    while not line.startswith(b"ready"):
        line = await server.stdout.readline()
        assert line, "the server did not start"
    yield line.split()[1].decode()
    server.send_signal(signal.SIGTERM)
    await server.communicate()
    await runner.cleanup()


async def ask(client: aiohttp.ClientSession, address: str, dialect: Dialect, model: str) -> bytes:
    body = {"model": model, "stream": True, **BODIES[dialect]}
    headers = {"authorization": f"Bearer {KEY}"}
    async with client.post(address + PATHS[dialect], json=body, headers=headers) as reply:
        return await reply.read()


def frames(sent: bytes) -> list[bytes]:
    return [frame for frame in sse.Splitter().feed(sent) if frame != sse.KEEPALIVE]


def meaning(dialect: Dialect, body: bytes) -> dict[str, object] | None:
    """What a stream says up to its first end (some rows hold several answers); None: it is a failure."""
    try:
        events = read_all(dialect, frames(body))
    except UpstreamFailure:
        return None
    ends = [number for number, event in enumerate(events) if isinstance(event, Ended)]
    return substance(events[: ends[0]] if ends else events)


def as_sent(dialect: Dialect, body: bytes) -> bytes:
    """The bytes that a client of the same dialect gets: those recorded, and the end that was forgotten."""
    end = sse.DONE if dialect in (Dialect.OPENAI_CHAT, Dialect.OPENAI_COMPLETIONS) else b""
    return body if end in body else body + end


async def test_recorded_streams_reach_clients_as_they_were(served: str) -> None:
    """G1, G18: byte for byte in the same dialect; the same text, calls, finish and usage in another."""
    differ = []
    compared = 0
    async with aiohttp.ClientSession() as client:
        for number, (name, dialect, body) in enumerate(STREAMS):
            model = str(number)
            said = meaning(dialect, body)
            if said is None:
                continue
            sent = await ask(client, served, dialect, model)
            compared += 1
            if sent != as_sent(dialect, body):
                differ.append((name, "bytes"))
            if dialect is Dialect.OPENAI_COMPLETIONS:
                continue
            for other in CHATS:
                if other is not dialect:
                    heard = meaning(other, await ask(client, served, other, model))
                    if heard is not None and said["usage"] == UNSAID:
                        heard["usage"] = UNSAID  # ours is counted, where the provider said nothing
                    if heard != said:
                        differ.append((name, other.value))
    assert differ == []
    assert compared > 150

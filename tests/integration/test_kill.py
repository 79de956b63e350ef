"""P16: the server is killed (-9) at random points under load; afterwards the books are right.

Two servers, each with a data folder of its own, take turns: while one starts again, the other is under
load. What clients saw, what the provider served and what the ledger says are compared request by request.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from penstock.storage.database import Database
from penstock.storage.ledger import read_row
from penstock.storage.tables import ledger
from penstock.storage.verify import verify

ROUNDS = 200 if os.environ.get("CI") == "true" else 20
LONG_ROUNDS = 1000
LANES = 2
CLIENTS = 8
NANOS_IN, NANOS_OUT = 1_000, 2_000
PENSTOCK = Path(sys.executable).with_name("penstock")
KEY = "sk-of-the-kill-test-0123456789"
# What is killed has no time to write its coverage down, and measuring it doubles each start.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
START_SECONDS = 30.0

CONFIG = """
providers:
  fake: {{kind: openai_compatible, base_url: "http://127.0.0.1:{upstream}/v1"}}
models:
  m:
    targets: [{{provider: fake, model: counted}}]
keys:
  - {{name: kill, secret: "env:KILL_KEY", user: u, team: t, organization: o}}
prices:
  fake/counted: {{input: 1, output: 2}}
storage: {{url: "{storage}"}}
"""


@dataclass
class Lane:
    """One server and the clients that only talk to it."""

    folder: Path
    port: int
    storage: str
    seen: dict[str, str] = field(default_factory=dict)
    """marker -> none, part or whole: what its client got of an answer."""
    kills: int = 0
    starts: list[float] = field(default_factory=list)
    """Seconds until ready."""
    process: asyncio.subprocess.Process | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def upstream(tmp_path):
    """The provider's port and its book."""
    book = tmp_path / "book"
    book.touch()
    program = Path(__file__).with_name("counting_upstream.py")
    process = subprocess.Popen(
        [sys.executable, program, book],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # clients that were cut off, by the dozen
    )
    yield int(process.stdout.readline()), book
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def lanes(tmp_path, upstream):
    """As many lanes as there are, with their configuration written; no server outlives the test."""
    made = []

    def make(storages):
        for number, storage in enumerate(storages):
            lane = Lane(tmp_path / f"lane{number}", find_free_port(), storage)
            lane.data.mkdir(parents=True)
            (lane.folder / "penstock.yaml").write_text(CONFIG.format(upstream=upstream[0], storage=storage))
            made.append(lane)
        return made

    yield make
    for lane in made:
        if lane.process is not None and lane.process.returncode is None:
            os.killpg(lane.process.pid, signal.SIGKILL)


def find_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def start(lane):
    """Start the server and wait until it is ready."""
    began = time.monotonic()
    log = (lane.folder / "log").open("ab")
    process = await asyncio.create_subprocess_exec(
        *(PENSTOCK, "up", "--config", lane.folder / "penstock.yaml"),
        *("--port", str(lane.port), "--data", lane.data),
        cwd=lane.folder,
        env={**UNMEASURED, "KILL_KEY": KEY, "HOME": str(lane.folder)},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    log.close()
    lane.process = process
    async with aiohttp.ClientSession() as session:
        while time.monotonic() - began < START_SECONDS:
            if process.returncode is not None:
                break
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with session.get(f"{lane.base}/live") as reply:
                    if reply.status == 200:
                        lane.starts.append(time.monotonic() - began)
                        return process
            await asyncio.sleep(0.02)
    pytest.fail("the server did not start:\n" + (lane.folder / "log").read_text()[-3000:])


async def kill(lane, process):
    """No warning, and no other process of the server survives."""
    os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    lane.kills += 1


async def client(lane, session, stopping):
    """Ask again and again, and note what came back, until the server is gone."""
    while not stopping.is_set():
        marker = uuid.uuid4().hex
        stream = random.random() < 0.5
        body = {
            "model": "m",
            "messages": [{"role": "user", "content": f"marker:{marker}"}],
            "stream": stream,
            "max_tokens": 64,
        }
        headers = {"authorization": f"Bearer {KEY}", "x-penstock-session": marker}
        lane.seen[marker] = "none"
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with session.post(f"{lane.base}/v1/chat/completions", json=body, headers=headers) as reply:
                await read(lane, marker, reply, stream=stream)


async def read(lane, marker, reply, *, stream):
    """Take an answer in; nothing is to be refused here."""
    assert reply.status == 200, await reply.text()
    received = b""
    async for piece in reply.content.iter_any():
        received += piece
        if b"data: {" in received or not stream:
            lane.seen[marker] = "part"
    complete = received.endswith(b"data: [DONE]\n\n") if stream else bool(json.loads(received))
    if complete:
        lane.seen[marker] = "whole"


async def one_round(lane, process):
    """Load, and a kill in the middle of it."""
    stopping = asyncio.Event()
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(client(lane, session, stopping))
        await asyncio.sleep(random.uniform(0.02, 0.35))
        await kill(lane, process)
        stopping.set()


async def many_rounds(lane, rounds):
    """Start, kill, start, kill, ..., and check after every start."""
    for _ in range(rounds):
        process = await start(lane)
        report = await asyncio.to_thread(audit, lane)
        assert report.holds, report.violations
        await one_round(lane, process)
    process = await start(lane)
    checked = await asyncio.to_thread(
        subprocess.run,
        [PENSTOCK, "ledger", "verify", "--config", lane.folder / "penstock.yaml", "--data", lane.data],
        capture_output=True,
        env={**os.environ, "KILL_KEY": KEY},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    process.terminate()
    await asyncio.wait_for(process.wait(), 40)


def audit(lane):
    """Verify while the server runs."""
    database = Database(lane.storage, lane.data)
    try:
        return database.read(verify, time.time())
    finally:
        database.close()


def rows_by_marker(lane):
    """The ledger, by the marker that the clients sent as their session."""
    database = Database(lane.storage, lane.data)
    rows = database.read(lambda connection: [read_row(row) for row in connection.execute(ledger.select())])
    database.close()
    found = {}
    for row in rows:
        found.setdefault(row.session, []).append(row)
    return found


def load_upstream():
    spec = importlib.util.spec_from_file_location(
        "counting_upstream", Path(__file__).with_name("counting_upstream.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(lane, book):
    """Return what is wrong, marker by marker, and how often each thing happened."""
    usage_of = load_upstream().usage_of
    begun, served = Counter(), Counter()
    for line in book.read_text().splitlines():
        event, marker = line.split()
        (begun if event == "begin" else served)[marker] += 1
    booked = rows_by_marker(lane)
    wrong, counts = [], Counter()
    for marker, saw in lane.seen.items():
        rows = booked.get(marker, [])
        settled = [row for row in rows if row.kind == "settle"]
        counts[saw] += 1
        counts["recovered"] += sum(row.reason == "recovered" for row in settled)
        tokens_in, tokens_out = usage_of(marker)
        exact = tokens_in * NANOS_IN + tokens_out * NANOS_OUT
        if saw in {"part", "whole"} and len(settled) != 1:
            wrong.append(f"lost: a client got {saw} of {marker}, settled {len(settled)} times")
        if len(settled) > max(1, begun[marker]):
            wrong.append(f"doubled: {marker} was begun {begun[marker]} times, settled {len(settled)} times")
        if not settled and served[marker] and saw != "none":
            wrong.append(f"lost: {marker} was served, a client saw {saw}, nothing is settled")
        if saw == "whole" and settled and settled[0].reason == "ok" and settled[0].nanos != exact:
            wrong.append(f"wrong: {marker} cost {exact}, booked {settled[0].nanos}")
        counts["served, never seen"] += bool(served[marker] and not settled)
    assert set(booked) - {None} <= set(lane.seen)
    return wrong, counts


async def run(lanes, book, rounds):
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, lane in enumerate(lanes):
            share = rounds // len(lanes) + (number < rounds % len(lanes))
            group.create_task(many_rounds(lane, share))
    totals = Counter()
    for lane in lanes:
        wrong, counts = compare(lane, book)
        totals += counts
        assert wrong == [], (len(wrong), wrong[:10])
        assert lane.kills > 0
    starts = sorted(second for lane in lanes for second in lane.starts)
    sys.stdout.write(
        f"{rounds} kills in {time.monotonic() - began:.0f} s: {dict(totals)};"
        f" ready after {starts[len(starts) // 2]:.2f} s at the median; 0 lost, 0 counted twice\n"
    )
    assert totals["whole"] > rounds
    assert totals["part"] + totals["none"] > 0


@pytest.mark.timeout(900)
async def test_kills_lose_nothing_and_double_nothing(lanes, upstream):
    """Every answer that a client saw, in full or in part, is in the ledger exactly once."""
    await run(lanes(["sqlite"] * LANES), upstream[1], ROUNDS)


@pytest.mark.timeout(300)
async def test_kills_lose_nothing_on_postgres(lanes, upstream, own_postgres):
    """The same over PostgreSQL."""
    await run(lanes([own_postgres.url]), upstream[1], max(5, ROUNDS // 20))


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_a_thousand_kills(lanes, upstream):
    """The long form."""
    await run(lanes(["sqlite"] * LANES), upstream[1], LONG_ROUNDS)

"""A gateway of one's own: started on a free port with a scratch folder, and ended with it."""

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final, Self

import msgspec

READY: Final = re.compile(r"ready\b.*?(https?://[^\s/]+)")
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
LOG_LINES: Final = 200


METRONOME: Final = """
import select, sys, time
late = 0.0
while not select.select([sys.stdin], [], [], 0)[0]:
    due = time.monotonic() + 0.005
    time.sleep(0.005)
    late = max(late, time.monotonic() - due)
print(late)
"""
"""Wakes up every 5 ms until its input closes, and says how late it was at worst."""


class NotStarted(Exception):
    """The gateway ended, or said nothing, before it was ready; the message is what it said."""


class Gateway:
    """A running `penstock up`."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.address = ""
        self.log: list[str] = []

    @property
    def admin_key(self) -> str:
        return (self.folder / "data" / "admin.key").read_text(encoding="utf-8").strip()

    async def until_ready(self) -> None:
        """Wait for the line that says so. Raises NotStarted."""
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            async with asyncio.timeout(START_SECONDS):
                async for raw in self.process.stdout:
                    line = raw.decode(errors="replace").rstrip()
                    self.log.append(line)
                    if found := READY.search(line):
                        self.address = found[1]
                        return
        except TimeoutError:
            pass
        raise NotStarted("\n".join(self.log[-20:]) or "it said nothing")

    async def listen(self) -> None:
        """Take in what it prints, so that it never waits for a reader."""
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        async for raw in self.process.stdout:
            self.log.append(raw.decode(errors="replace").rstrip())
            del self.log[:-LOG_LINES]

    async def stop(self) -> int:
        """Ask it to end, and wait; returns its exit code."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        return await self.process.wait()

    async def kill(self) -> None:
        """End it without any notice (P16)."""
        self.process.kill()
        await self.process.wait()


async def start(configuration: Mapping[str, object], folder: Path) -> Gateway:
    """Write the configuration into the folder and start a gateway on it. Raises NotStarted."""
    file = folder / "penstock.yaml"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(configuration), indent=1))
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "penstock", "up", "--config", str(file), "--port", "0"],
        *["--data", str(folder / "data")],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    gateway = Gateway(process, folder)
    try:
        await gateway.until_ready()
    except BaseException:
        await gateway.kill()
        raise
    return gateway


@contextlib.asynccontextmanager
async def running(configuration: Mapping[str, object], folder: Path) -> AsyncIterator[Gateway]:
    """A gateway for as long as the block lasts."""
    gateway = await start(configuration, folder)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(gateway.listen())
        try:
            yield gateway
        finally:
            await gateway.stop()
            listening.cancel()


async def ledger_holds(folder: Path) -> tuple[bool, str]:
    """Let `penstock ledger verify` check the books of that folder."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "penstock", "ledger", "verify", "--data", str(folder / "data")],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode == 0, said.decode(errors="replace").strip()


class Metronome:
    """A process that does nothing but wake up in time: what it is late by is the machine's doing."""

    def __init__(self) -> None:
        self.late = 0.0
        """Seconds, once the block is over."""

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-S", "-c", METRONOME, stdin=pipe, stdout=pipe
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        said, _ = await self._process.communicate(b"")
        self.late = float(said or 0)

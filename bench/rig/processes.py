"""Programs under test: started on a core of their own, awaited, measured, ended."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GATEWAY_CORE = 0
OTHERS_CORE = 1


def cache() -> Path:
    """Where peers are installed: outside the repository, kept between runs."""
    base = os.environ.get("PENSTOCK_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "penstock"
    folder = Path(base).expanduser() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def need(program: str, package: str) -> str:
    """Return the program's path, or end with the command that installs it."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise SystemExit(f"{program} is missing: sudo apt-get install {package}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A program that runs, with all that it started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    port: int
    ready_after: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    """What a client of it must send."""

    def resident_mb(self) -> float:
        """Resident memory of the process and its children, in MB."""
        return sum(resident_kb(pid) for pid in family(self.process.pid)) / 1024

    def stop(self) -> None:
        members = family(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in members[1:]:
            if Path(f"/proc/{pid}").exists():
                os.kill(pid, signal.SIGKILL)


def start(
    name: str,
    command: Sequence[str | Path],
    port: int,
    folder: Path,
    *,
    core: int,
    path: str = "/",
    env: dict[str, str] | None = None,
    patience: float = 120,
) -> Running:
    """Start a program pinned to a core and wait until `path` answers at all."""
    log = folder / f"{name}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(env or {})},
        )
    running = Running(name, process, log, port)
    while not answers(port, path):
        if process.poll() is not None or time.monotonic() - began > patience:
            running.stop()
            raise SystemExit(f"{name} did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.01)
    running.ready_after = time.monotonic() - began
    return running


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def resident_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) if lines else 0

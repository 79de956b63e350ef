"""Several processes on one port, and ports that are taken."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

KEY = "key-of-the-workers-test"
ASK = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]})


def configuration(folder: Path, redis: str | None = None) -> Path:
    tree = {
        "providers": {"offline": {"kind": "offline"}},
        "models": {"m": {"targets": [{"provider": "offline", "model": "offline"}]}},
        "keys": [{"name": "workers", "secret": "env:WORKERS_KEY"}],
    }
    if redis is not None:
        tree["stores"] = {"url": redis}
    file = folder / "penstock.yaml"
    file.write_text(json.dumps(tree))
    return file


def start(folder: Path, config: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "penstock",
            "up",
            "--config",
            str(config),
            "--data",
            str(folder / "data"),
            *more,
        ],
        env={**os.environ, "WORKERS_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready(server: subprocess.Popen[str]) -> int:
    """Wait until it answers; return its port."""
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith("ready"):
            port = urlsplit(line.split()[1]).port
            assert port is not None
            return port
    raise AssertionError(server.communicate()[1])


def ask(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/v1/chat/completions", ASK, {"Authorization": f"Bearer {KEY}"})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture
def workers(tmp_path: Path, redis_server) -> Iterator[subprocess.Popen[str]]:
    """Two workers that share a Redis."""
    server = start(tmp_path, configuration(tmp_path, redis_server.url), "--workers", "2", "--port", "0")
    yield server
    server.kill()
    server.communicate()


def test_workers_answer_on_one_port_and_end_together(workers: subprocess.Popen[str], tmp_path: Path) -> None:
    """One command, two processes: both answer, both write to the ledger, one signal ends both."""
    port = ready(workers)
    assert [ask(port) for _ in range(20)] == [200] * 20
    assert len(list((tmp_path / "data" / "processes").glob("*.lock"))) == 2
    workers.send_signal(signal.SIGTERM)
    assert workers.wait(30) == 0
    verified = subprocess.run(
        [sys.executable, "-m", "penstock", "ledger", "verify", "--data", str(tmp_path / "data"), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(verified.stdout)["attempts"] == 20


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """A second server on the same port says so and ends with 1; the first goes on."""
    config = configuration(tmp_path)
    first = start(tmp_path, config, "--port", "0")
    port = ready(first)
    second = start(tmp_path / "other", config, "--port", str(port))
    _, errors = second.communicate(timeout=30)
    assert second.returncode == 1
    assert f"127.0.0.1:{port}" in errors
    assert ask(port) == 200
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)
    assert first.returncode == 0

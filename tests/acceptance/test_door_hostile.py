"""Bad input of every kind against a real server."""

import json
import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("hostile.py")


def storm(count: int, seconds: float) -> dict[str, Any]:
    """Run the generator in a process of its own; return what it found."""
    command = [sys.executable, PROGRAM, "--count", str(count)]
    done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judge(found: dict[str, Any]) -> None:
    assert found["wrong"] == []
    assert found["alive"]
    assert found["unexpected_failures"] == 0
    assert found["growth_mb"] < 20
    assert found["term_seconds"] <= found["drain_seconds"]
    assert found["statuses"]["200"] > 0


def test_three_thousand_hostile_requests() -> None:
    """G29: no 5xx of our own, no crash, no growth; twenty slow connections do not hold up SIGTERM."""
    judge(storm(3_000, 100))


@pytest.mark.long
def test_a_hundred_thousand_hostile_requests() -> None:
    """G29, in the form that takes minutes."""
    judge(storm(100_000, 1500))


def test_schemathesis_over_the_description(tmp_path: Path) -> None:
    """What the OpenAPI document describes is what is served, and nothing drawn from it is a 5xx."""
    hostile = load()
    port = hostile.free_port()
    server = hostile.start(tmp_path, port)
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    program = Path(sys.executable).with_name("schemathesis")
    flags = ["--checks", checks, "--max-examples", "8", "--seed", "1", "--generation-database", "none"]
    try:
        done = subprocess.run(
            [
                *(program, "run", f"http://127.0.0.1:{port}/openapi.json"),
                *("--header", f"Authorization: Bearer {hostile.KEY}", "--no-color", *flags),
            ],
            capture_output=True,
            timeout=100,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout.decode()[-5000:]
        assert server.poll() is None
        assert hostile.log_lines(tmp_path) == 0
    finally:
        server.kill()
        server.communicate()


def load() -> ModuleType:
    """Import the program beside this file."""
    spec = util.spec_from_file_location("hostile", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

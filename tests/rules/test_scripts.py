"""The scripts that people and CI call."""

import subprocess
import sys
import time
from pathlib import Path

import pytest


def test_scripts_are_short_and_can_be_run(root):
    """A script is a few lines of shell that parse, or Python that one of them calls."""
    for script in [*(root / "scripts").iterdir(), root / ".ci" / "run"]:
        if script.suffix == ".py" or script.is_dir():
            continue
        first, *rest = script.read_text().splitlines()
        assert first in ("#!/bin/sh", "#!/bin/bash"), script.name
        assert len(rest) < 60, script.name
        assert script.stat().st_mode & 0o111, script.name
        subprocess.run(["bash", "-n", script], check=True)


def test_an_environment_that_is_there_costs_nothing(root):
    """Before `penstock up`, scripts/up spends less than 0.2 s on seeing that nothing is to be done."""
    if not list(Path(sys.prefix).glob("stamp-*")):
        pytest.skip("this environment was not made by scripts/environment")
    took = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([root / "scripts" / "environment", "run"], check=True)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.2

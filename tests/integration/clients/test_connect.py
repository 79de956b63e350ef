"""What `penstock connect CLIENT --write` writes is what the client needs, and nothing more is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SENTENCE = "The penstock carries water to the turbine."
QUESTION = "What does a penstock do?"
NODE = {
    "codex": ["codex", "exec", "--skip-git-repo-check", "-s", "read-only", QUESTION],
    "opencode": ["opencode", "run", "-m", "penstock/river", QUESTION],
    "continue": ["cn", "-p", QUESTION],
}


def connect(client, gateway, home, *flags):
    """Run `penstock connect` for the person whose home this is."""
    command = [Path(sys.executable).parent / "penstock", "connect", client, "--url", gateway.url]
    command += ["--key", gateway.key, "--model", "river", *flags]
    done = subprocess.run(command, capture_output=True, text=True, env=home, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(command, gateway, home, tmp_path):
    """Run the client in an empty folder, with only its key in the environment."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**home, "PENSTOCK_API_KEY": gateway.key, "OPENCODE_DISABLE_MODELS_FETCH": "1"},
        cwd=tmp_path / "work",
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_llm_answers_with_what_connect_wrote(gateway, python_client, home, tmp_path):
    """After `penstock connect llm --write`, `llm -m penstock/river` answers."""
    connect("llm", gateway, home, "--write")
    command = [python_client("clients") / "llm", "-m", "penstock/river", QUESTION]
    assert SENTENCE in ask(command, gateway, home, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_aider_answers_with_what_connect_wrote(gateway, python_client, home, tmp_path):
    """After `penstock connect aider --write`, aider needs no flag for its model."""
    connect("aider", gateway, home, "--write")
    quiet = ["--no-git", "--yes-always", "--no-show-model-warnings", "--no-check-update", "--no-analytics"]
    command = [python_client("aider") / "aider", "--message", f"/ask {QUESTION}", *quiet]
    assert SENTENCE in " ".join(ask(command, gateway, home, tmp_path).split())


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("client", NODE)
def test_an_npm_client_answers_with_what_connect_wrote(client, gateway, node_clients, home, tmp_path):
    """After `penstock connect CLIENT --write`, the client needs nothing but its key in the environment."""
    connect(client, gateway, home, "--write")
    program, *arguments = NODE[client]
    assert SENTENCE in ask([node_clients / program, *arguments], gateway, home, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_cline_answers_after_the_command_that_connect_prints(gateway, node_clients, home, tmp_path):
    """`penstock connect cline` prints the `cline auth` that makes it work."""
    said = connect("cline", gateway, home)
    auth = next(line for line in said.splitlines() if line.startswith("cline auth")).split()
    ask([node_clients / "cline", *auth[1:]], gateway, home, tmp_path)
    reply = ask([node_clients / "cline", "--json", "-t", "100", QUESTION], gateway, home, tmp_path)
    assert json.loads(reply.strip().splitlines()[-1])["text"] == SENTENCE


def test_dry_run_writes_nothing(gateway, home):
    """`--dry-run` shows what would be written and leaves the home as it was."""
    said = connect("llm", gateway, home, "--write", "--dry-run")
    assert gateway.url in said
    assert list(Path(home["HOME"]).rglob("*")) == []

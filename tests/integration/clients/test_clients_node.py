"""Coding agents from npm, unmodified and without a screen, against a running Penstock.

Together they are more than a gigabyte, so they are installed and run with `scripts/test --long` only.
"""

import json
import subprocess

import pytest

SENTENCE = "The penstock carries water to the turbine."
QUESTION = "What does a penstock do?"

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def ask(command, home, folder, **env):
    """Run a client in a folder of its own and return what it printed."""
    done = subprocess.run(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**home, **env},
        cwd=folder / "work",
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize(
    ("package", "model"),
    [
        ("@ai-sdk/openai-compatible", "river"),
        ("@ai-sdk/openai-compatible", "lake"),
        ("@ai-sdk/openai", "river"),
        ("@ai-sdk/openai", "brook"),
        ("@ai-sdk/anthropic", "lake"),
        ("@ai-sdk/anthropic", "river"),
    ],
)
def test_opencode_on_each_dialect(package, model, gateway, node_clients, home, tmp_path):
    """opencode gets its answer by chat completions, Responses and Messages, translated or not (G18)."""
    options = {"baseURL": f"{gateway.url}/v1", "apiKey": gateway.key}
    provider = {"npm": package, "options": options, "models": {model: {"name": model}}}
    settings = {"autoupdate": False, "share": "disabled", "provider": {"penstock": provider}}
    (tmp_path / "work" / "opencode.json").write_text(json.dumps(settings))
    command = [node_clients / "opencode", "run", "-m", f"penstock/{model}", QUESTION]
    assert SENTENCE in ask(command, home, tmp_path, OPENCODE_DISABLE_MODELS_FETCH="1")


@pytest.mark.parametrize("model", ["river", "brook", "lake"])
def test_codex_on_responses(model, gateway, node_clients, home, tmp_path):
    """Codex CLI, which speaks Responses only, gets its answer from a provider of each kind."""
    settings = tmp_path / "codex"
    settings.mkdir()
    (settings / "config.toml").write_text(
        f"""
        model = "{model}"
        model_provider = "penstock"
        [model_providers.penstock]
        name = "Penstock"
        base_url = "{gateway.url}/v1"
        env_key = "PENSTOCK_KEY"
        wire_api = "responses"
        """
    )
    command = [node_clients / "codex", "exec", "--skip-git-repo-check", "-s", "read-only", QUESTION]
    said = ask(command, home, tmp_path, CODEX_HOME=str(settings), PENSTOCK_KEY=gateway.key)
    assert SENTENCE in said


@pytest.mark.parametrize(("provider", "model"), [("openai", "river"), ("anthropic", "lake")])
def test_continue_prints_an_answer(provider, model, gateway, node_clients, home, tmp_path):
    """Continue's `cn -p` gets its answer on both of the dialects that it speaks."""
    base = f"{gateway.url}/v1" if provider == "openai" else f"{gateway.url}/v1/"
    entry = {"name": model, "provider": provider, "model": model, "apiBase": base, "apiKey": gateway.key}
    settings = {
        "name": "penstock",
        "version": "1.0.0",
        "schema": "v1",
        "models": [{**entry, "roles": ["chat"]}],
    }
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps(settings))
    command = [node_clients / "cn", "-p", "--config", config, QUESTION]
    assert SENTENCE in ask(command, home, tmp_path, CONTINUE_TELEMETRY_ENABLED="0")


def test_cline_completes_a_task(gateway, node_clients, home, tmp_path):
    """Cline, pointed here with its own `auth` command, completes a task."""
    cline, state = node_clients / "cline", tmp_path / "state"
    point = ["-k", gateway.key, "-m", "river", "-b", f"{gateway.url}/v1"]
    ask([cline, "auth", "openai", "--data-dir", state, *point], home, tmp_path)
    said = ask([cline, "--data-dir", state, "-P", "openai", "--json", "-t", "100", QUESTION], home, tmp_path)
    assert json.loads(said.strip().splitlines()[-1])["text"] == SENTENCE

"""Python clients, unmodified, against a running Penstock."""

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).resolve().parent / "programs"
SENTENCE = "The penstock carries water to the turbine."
CASES = {
    "openai_python": """models chat chat_streaming chat_streaming_without_usage chat_tools
        chat_tools_streaming structured_output responses responses_streaming responses_tools
        other_dialects embeddings errors asynchronous""",
    "anthropic_python": """messages streaming tools tools_streaming count_tokens beta other_dialects
        errors models""",
    "langchain_openai_chat": "invoke stream tools structured responses embeddings",
    "instructor_extract": "tools json json_schema",
    "llama_index_chat": "complete chat stream tools",
    "pydantic_ai_agent": "chat chat_tools responses responses_tools messages messages_tools structured",
}
ENVIRONMENTS = {"llama_index_chat": "frameworks", "pydantic_ai_agent": "frameworks"}


@pytest.mark.parametrize("program", CASES)
def test_a_library_does_all_it_can(program, gateway, python_client, home):
    """Each part of the client that a user would use works; the program asserts what comes back."""
    folder = python_client(ENVIRONMENTS.get(program, "clients"))
    command = [folder / "python", PROGRAMS / f"{program}.py", gateway.url, gateway.key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env=home, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert done.stdout.split() == CASES[program].split()


def test_llm_answers_from_its_command_line(gateway, python_client, home, tmp_path):
    """Simon Willison's `llm` streams an answer from a model of its extra-openai-models.yaml."""
    settings = tmp_path / "llm"
    settings.mkdir()
    entry = {"model_id": "penstock", "model_name": "river", "api_base": f"{gateway.url}/v1"}
    (settings / "extra-openai-models.yaml").write_text(json.dumps([{**entry, "api_key_name": "penstock"}]))
    (settings / "keys.json").write_text(json.dumps({"penstock": gateway.key}))
    env = {**home, "LLM_USER_PATH": str(settings)}
    for flags in ((), ("--no-stream",)):
        command = [python_client("clients") / "llm", "-m", "penstock", *flags, "What does a penstock do?"]
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == SENTENCE


@pytest.mark.long
@pytest.mark.timeout(600)
def test_aider_asks_and_gets_its_answer(gateway, python_client, home, tmp_path):
    """aider, which does not ask for usage in its streams, answers a question about a file."""
    (tmp_path / "work" / "water.py").write_text("flow = 1\n")
    command = [python_client("aider") / "aider", "--model", "openai/river", "--message", "/ask What is this?"]
    command += ["--openai-api-base", f"{gateway.url}/v1", "--openai-api-key", gateway.key, "--no-git"]
    command += ["--yes-always", "--no-show-model-warnings", "--no-check-update", "--no-analytics", "water.py"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=home, cwd=tmp_path / "work", timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert SENTENCE in " ".join(done.stdout.split())


def test_what_clients_send_reaches_the_provider_as_it_was(gateway, python_client, home):
    """The provider gets our credentials and the client's own body, never the client's key (G15, G16)."""
    program = (
        "import sys, openai\n"
        "client = openai.OpenAI(base_url=sys.argv[1] + '/v1', api_key=sys.argv[2])\n"
        "client.chat.completions.create(model='river', messages=[{'role': 'user', 'content': 'Marked.'}],\n"
        "    extra_body={'zz_unknown': {'nested': [1, 2.50]}, 'aa_unknown': None})\n"
    )
    command = [python_client("clients") / "python", "-c", program, gateway.url, gateway.key]
    subprocess.run(command, check=True, env=home, timeout=60)
    with urllib.request.urlopen(f"{gateway.upstream}/seen", timeout=10) as reply:
        seen = [each for each in json.load(reply) if "Marked." in json.dumps(each["body"])]
    assert gateway.key not in json.dumps(seen)
    assert seen[0]["headers"]["Authorization"] == "Bearer sk-upstream"
    assert seen[0]["body"]["zz_unknown"] == {"nested": [1, 2.5]}
    assert "aa_unknown" in seen[0]["body"]

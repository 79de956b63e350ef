"""What is found where there is no configuration."""

import asyncio

import pytest

from penstock.cli.parts import discover
from penstock.cli.parts.discover import SERVERS, Nearby, Server, combine, look, models_in

OK = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"


def test_keys_in_the_environment_are_providers():
    """Each vendor's variable makes an entry that refers to it, never to its value."""
    env = {
        "OPENAI_API_KEY": "sk",
        "ANTHROPIC_API_KEY": "sk",
        "GEMINI_API_KEY": "sk",
        "OPENROUTER_API_KEY": "sk",
        "GROQ_API_KEY": "sk",
        "MISTRAL_API_KEY": "sk",
    }
    found = combine(env, ())
    assert list(found.sections["providers"]) == [
        "openai",
        "anthropic",
        "gemini",
        "openrouter",
        "groq",
        "mistral",
    ]
    assert found.sections["providers"]["openai"]["api_key"] == "env:OPENAI_API_KEY"
    assert "models" not in found.sections
    assert found.lines[0] == "openai: key in OPENAI_API_KEY"
    assert "sk" not in str(found)


def test_azure_needs_its_address():
    """A key without an address is told, and not used."""
    found = combine({"AZURE_OPENAI_API_KEY": "x", "OPENAI_API_KEY": "y"}, ())
    assert list(found.sections["providers"]) == ["openai"]
    assert "AZURE_OPENAI_ENDPOINT is not" in found.lines[1]


def test_azures_deployment_is_a_model():
    """Azure does not list deployments, so the one that is named is."""
    found = combine(
        {
            "AZURE_OPENAI_API_KEY": "x",
            "AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com",
            "AZURE_OPENAI_API_VERSION": "2024-10-21",
            "AZURE_OPENAI_DEPLOYMENT": "prod",
        },
        (),
    )
    assert found.sections["providers"]["azure"]["api_version"] == "2024-10-21"
    assert found.sections["models"] == {"prod": {"targets": [{"provider": "azure", "model": "prod"}]}}
    assert found.model == "prod"


def test_azure_without_version_or_deployment():
    """Its newer interface needs neither; a model to try is not known then."""
    found = combine({"AZURE_OPENAI_API_KEY": "x", "AZURE_OPENAI_ENDPOINT": "https://r"}, ())
    assert "api_version" not in found.sections["providers"]["azure"]
    assert found.model == "MODEL"


def test_servers_nearby_are_providers():
    """One that answers is an entry without a key, and its first model can be tried."""
    found = combine(
        {}, (Nearby(SERVERS[0], ("llama", "qwen")), Nearby(SERVERS[1], ("m",)), Nearby(SERVERS[2], ()))
    )
    assert found.sections["providers"]["ollama"] == {
        "kind": "openai_compatible",
        "base_url": "http://127.0.0.1:11434/v1",
    }
    assert found.model == "llama"
    assert [line.rpartition("with ")[2] for line in found.lines] == ["2 models", "1 model", "0 models"]


def test_with_nothing_found_the_offline_model_answers():
    """All can be tried without a key and without a network."""
    found = combine({}, ())
    assert found.sections == {
        "providers": {"offline": {"kind": "offline"}},
        "models": {"offline": {"targets": [{"provider": "offline", "model": "offline"}]}},
    }
    assert found.model == "offline"


@pytest.mark.parametrize(
    ("answer", "models"),
    [
        (OK + b'{"object": "list", "data": [{"id": "a"}, {"id": "b"}]}', ("a", "b")),
        (OK + b'{"data": null}', ()),
        (OK + b"<html>", None),
        (OK + b'{"hello": 1}', None),
        (b"HTTP/1.0 401 Unauthorized\r\n\r\n{}", None),
        (b"", None),
        (b"SSH-2.0", None),
    ],
)
def test_only_a_list_of_models_counts(answer, models):
    """Another program on the port is not taken for a server of models."""
    assert models_in(answer) == models


async def test_all_servers_are_asked_at_once(monkeypatch):
    """Those that answer in time are found; refused, silent and foreign ones are not."""

    async def get(port):
        if port == 1:
            raise ConnectionRefusedError
        if port == 2:
            await asyncio.Event().wait()
        return OK + b'{"data": [{"id": "m"}]}' if port == 3 else b"SSH-2.0"

    monkeypatch.setattr(discover, "_get", get)
    servers = [Server("s", "S", port) for port in (1, 2, 3, 4)]
    assert await look(servers, 0.05) == [Nearby(servers[2], ("m",))]


class Wire:
    """A connection that has been made: what is written, and what comes back."""

    def __init__(self, *answer: bytes) -> None:
        self.answer = [*answer, b""]
        self.written = b""
        self.aborted = False
        self.transport = self

    def write(self, data):
        self.written += data

    async def read(self, _most):
        return self.answer.pop(0)

    def abort(self):
        self.aborted = True


async def test_an_answer_may_come_in_pieces(monkeypatch):
    """It is read to its end, and the connection is closed."""
    wire = Wire(OK, b'{"data": [{"id"', b': "m"}]}')

    async def connect(host, port):
        assert (host, port) == ("127.0.0.1", 11434)
        return wire, wire

    monkeypatch.setattr(discover.asyncio, "open_connection", connect)
    assert await look(SERVERS[:1], 1.0) == [Nearby(SERVERS[0], ("m",))]
    assert wire.written.startswith(b"GET /v1/models HTTP/1.0\r\n")
    assert wire.aborted


def test_looking_around_joins_both(monkeypatch):
    """The environment and the servers make one configuration."""

    async def get(_port):
        return OK + b'{"data": [{"id": "m"}]}'

    monkeypatch.setattr(discover, "_get", get)
    found = discover.discover({"OPENAI_API_KEY": "x"}, SERVERS[:1])
    assert list(found.sections["providers"]) == ["openai", "ollama"]

"""Where there is no configuration: providers whose keys are in the environment, and servers nearby."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

LIMIT: Final = 0.3
"""Seconds in which a server nearby has to answer."""
LARGEST: Final = 1_000_000

Section = dict[str, Any]  # wire: a part of a configuration


class Vendor(NamedTuple):
    """A provider that is recognised by the variable that holds its key."""

    name: str
    variable: str
    entry: Mapping[str, str]
    model: str
    """A cheap one, for the first try."""


class Server(NamedTuple):
    """A program that serves models on a port of its own."""

    name: str
    title: str
    port: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, as sections of a configuration."""

    sections: Section
    lines: tuple[str, ...]
    """What to tell."""
    model: str
    """One that can be tried at once."""


VENDORS: Final = (
    Vendor("openai", "OPENAI_API_KEY", {"kind": "openai_compatible", "vendor": "openai"}, "gpt-4.1-mini"),
    Vendor("anthropic", "ANTHROPIC_API_KEY", {"kind": "anthropic"}, "claude-haiku-4-5"),
    Vendor("gemini", "GEMINI_API_KEY", {"kind": "gemini"}, "gemini-2.5-flash"),
    Vendor(
        "openrouter",
        "OPENROUTER_API_KEY",
        {"kind": "openai_compatible", "vendor": "openrouter"},
        "openai/gpt-4.1-mini",
    ),
    Vendor("groq", "GROQ_API_KEY", {"kind": "openai_compatible", "vendor": "groq"}, "llama-3.1-8b-instant"),
    Vendor(
        "mistral",
        "MISTRAL_API_KEY",
        {"kind": "openai_compatible", "vendor": "mistral"},
        "mistral-small-latest",
    ),
)
SERVERS: Final = (
    Server("ollama", "Ollama", 11434),
    Server("vllm", "vLLM", 8000),
    Server("lmstudio", "LM Studio", 1234),
)


class Nearby(NamedTuple):
    """A server that answered, and the models that it says it has."""

    server: Server
    models: tuple[str, ...]


def discover(env: Mapping[str, str], servers: Sequence[Server] = SERVERS, limit: float = LIMIT) -> Found:
    """Look around. Takes at most `limit` seconds."""
    return combine(env, asyncio.run(look(servers, limit)))


def combine(env: Mapping[str, str], nearby: Sequence[Nearby]) -> Found:
    """Make sections of what was found; with nothing, of the model that needs nothing."""
    providers: Section = {}
    models: Section = {}
    lines: list[str] = []
    tries: list[str] = []
    for vendor in VENDORS:
        if env.get(vendor.variable):
            providers[vendor.name] = {**vendor.entry, "api_key": f"env:{vendor.variable}"}
            lines.append(f"{vendor.name}: key in {vendor.variable}")
            tries.append(vendor.model)
    for line, entry, deployment in _azure(env):
        lines.append(line)
        if entry:
            providers["azure"] = entry
        if deployment:
            models[deployment] = {"targets": [{"provider": "azure", "model": deployment}]}
            tries.append(deployment)
    for server, names in nearby:
        url = f"http://127.0.0.1:{server.port}/v1"
        providers[server.name] = {"kind": "openai_compatible", "base_url": url}
        count = f"{len(names)} model{'' if len(names) == 1 else 's'}"
        lines.append(f"{server.name}: {server.title} answers at {url} with {count}")
        tries += names[:1]
    if not providers:
        offline = {"targets": [{"provider": "offline", "model": "offline"}]}
        providers, models = {"offline": {"kind": "offline"}}, {"offline": offline}
        lines.append("no provider: the built-in model `offline` answers, so that all can be tried")
        tries.append("offline")
    sections = {"providers": providers, **({"models": models} if models else {})}
    return Found(sections=sections, lines=tuple(lines), model=(tries or ["MODEL"])[0])


def _azure(env: Mapping[str, str]) -> Iterator[tuple[str, Section, str]]:
    """Azure's address is the user's own, and its models are deployments, which it does not list."""
    key, endpoint = env.get("AZURE_OPENAI_API_KEY"), env.get("AZURE_OPENAI_ENDPOINT")
    if key and not endpoint:
        yield "azure: AZURE_OPENAI_API_KEY is set, but AZURE_OPENAI_ENDPOINT is not", {}, ""
    if not (key and endpoint):
        return
    entry = {
        "kind": "openai_compatible",
        "vendor": "azure",
        "base_url": endpoint,
        "api_key": "env:AZURE_OPENAI_API_KEY",
    }
    version = env.get("AZURE_OPENAI_API_VERSION") or env.get("OPENAI_API_VERSION")
    if version:
        entry["api_version"] = version
    deployment = env.get("AZURE_OPENAI_DEPLOYMENT") or env.get("AZURE_OPENAI_DEPLOYMENT_NAME") or ""
    yield f"azure: key in AZURE_OPENAI_API_KEY, at {endpoint}", entry, deployment


async def look(servers: Sequence[Server], limit: float) -> list[Nearby]:
    """Ask all servers at once for their models; return those that answered in time."""
    answers = await asyncio.gather(*(_ask(server.port, limit) for server in servers))
    return [
        Nearby(server, names) for server, names in zip(servers, answers, strict=True) if names is not None
    ]


async def _ask(port: int, limit: float) -> tuple[str, ...] | None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(limit):
            return models_in(await _get(port))
    return None


async def _get(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = f"GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        answer = b""
        while len(answer) < LARGEST and (read := await reader.read(65536)):
            answer += read
        return answer
    finally:
        writer.transport.abort()


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: tuple[_Model, ...] | None
    """Ollama without models says null."""


def models_in(answer: bytes) -> tuple[str, ...] | None:
    """Return the names of the models in an HTTP answer; None if it is not a list of models."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status != [b"200"]:
        return None
    try:
        listed = msgspec.json.decode(body, type=_Models).data or ()
    except msgspec.DecodeError:
        return None
    return tuple(model.id for model in listed)

"""Alive, ready, measured."""

import pytest

from penstock.http.health import Health, routes


class Parts:
    """What health looks at."""

    def __init__(self) -> None:
        self.silent: dict[str, str] = {}
        self.database: str | None = None
        self.draining = False
        self.probed = 0

    async def problems(self, now):
        self.probed += 1
        return self.silent


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def client(parts, make_door, client_of):
    health = Health(
        {"database": lambda: parts.database},
        parts,
        targets=lambda: 2,
        is_draining=lambda: parts.draining,
        metrics=lambda: b"up 1\n",
    )
    return client_of(make_door(*routes(health)))


async def test_alive_touches_nothing(client, parts):
    """/live looks at nothing, also without a key (G27)."""
    reply = await client("GET", "/live", headers={"authorization": ""})
    assert (reply.status, reply.json()["status"], parts.probed) == (200, "alive", 0)


async def test_ready(client):
    """All is well."""
    assert (await client("GET", "/ready")).json()["status"] == "ready"


async def test_degraded_names_what_is_wrong_and_serves(client, parts):
    """A part that is away is named; requests are still served (G27)."""
    parts.database, parts.silent = "away since 3 s", {"openai/gpt": "upstream_unreachable"}
    reply = await client("GET", "/ready")
    assert (reply.status, reply.json()["status"]) == (200, "degraded")
    assert reply.json()["degraded"] == {"database": "away since 3 s", "openai/gpt": "upstream_unreachable"}


async def test_unavailable_when_no_target_answers(client, parts):
    """With every target silent there is nothing to serve."""
    parts.silent = {"a": "x", "b": "x"}
    reply = await client("GET", "/ready")
    assert (reply.status, reply.json()["status"]) == (503, "unavailable")


async def test_draining_is_not_ready(client, parts):
    """A server that drains wants no new requests (G27)."""
    parts.draining = True
    reply = await client("GET", "/ready")
    assert (reply.status, reply.json()["status"], reply.headers["retry-after"]) == (503, "draining", "1")


async def test_metrics(client):
    """Metrics are handed out as they are."""
    reply = await client("GET", "/metrics")
    assert (reply.body, reply.headers["content-type"].partition(";")[0]) == (b"up 1\n", "text/plain")


async def test_head_of_the_root(client):
    """Clients look whether anybody is there (G17)."""
    assert (await client("HEAD", "/")).status == 200

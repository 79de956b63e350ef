"""All parts of a process, joined."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from penstock.app.app import App, prices_of
from penstock.app.plugins import Kinds
from penstock.config.folder import prepare
from penstock.config.load import Loaded, load
from penstock.config.tree import Config, Price
from penstock.failures import StorageUnavailable

TREE = {
    "providers": {"offline": {"kind": "offline"}},
    "models": {"m": {"targets": [{"provider": "offline", "model": "offline"}]}},
    "keys": [{"name": "ci", "secret": "env:CI_KEY", "user": "ann", "organization": "acme"}],
}


def loaded(tmp_path: Path, **more: object) -> Loaded:
    file = tmp_path / "penstock.yaml"
    file.write_text(yaml.safe_dump({**TREE, **more}))
    return load(file, env={"CI_KEY": "key-of-the-app-test"}, kinds=Kinds())


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A running app without a port."""
    data = tmp_path / "data"
    prepare(data)
    made = await App.start(loaded(tmp_path), data)
    yield made
    await made.drain(1.0)
    await made.close()


async def call(app: App, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Ask the door as a server would."""
    sent: list[dict[str, object]] = []
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        if received:
            return received.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}
    await app.door(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


ASK = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'


async def test_a_request_goes_all_the_way(app: App) -> None:
    """Door, gate, provider, ledger and record are joined."""
    status, body = await call(
        app, "POST", "/v1/chat/completions", ASK, authorization="Bearer key-of-the-app-test"
    )
    assert status == 200
    assert b"offline model" in body
    metrics = (await call(app, "GET", "/metrics"))[1]
    assert b'penstock_requests_total{code="ok"' in metrics
    assert b"penstock_circuit_state{" in metrics


async def test_what_the_door_refuses_is_counted_and_logged(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal leaves a line and a number, but no path that a caller made up."""
    with caplog.at_level(logging.INFO, "penstock"):
        assert (await call(app, "POST", "/v1/chat/completions", ASK))[0] == 401
        assert (await call(app, "GET", "/made-up"))[0] == 404
    assert "made-up" not in caplog.text
    assert "refused GET (no such path) with 404" in caplog.text
    metrics = (await call(app, "GET", "/metrics"))[1]
    assert b'penstock_refusals_total{route="/v1/chat/completions",status="401"} 1.0' in metrics


async def test_readiness_asks_the_targets(app: App) -> None:
    """G27: a real small prompt to each target, remembered where it answered."""
    status, body = await call(app, "GET", "/ready")
    assert (status, b'"ready"' in body) == (200, True)
    assert app._last_success("offline/offline") is not None


async def test_the_administrator_sees_the_ledger_hold(app: App) -> None:
    """The admin key of the data folder opens the administration."""
    key = (app.data / "admin.key").read_text().strip()
    status, body = await call(app, "GET", "/admin/ledger/verify", authorization=f"Bearer {key}")
    assert status == 200
    assert b'"holds":true' in body


async def test_a_reload_takes_over_models_and_keys(app: App, tmp_path: Path) -> None:
    """A changed configuration holds from the next request on; the old names are gone."""
    models = {"n": {"targets": [{"provider": "offline", "model": "offline"}]}}
    app.reload(loaded(tmp_path, models=models))
    asked = {"authorization": "Bearer key-of-the-app-test"}
    assert (await call(app, "POST", "/v1/chat/completions", ASK, **asked))[0] == 404
    assert (await call(app, "POST", "/v1/chat/completions", ASK.replace(b'"m"', b'"n"'), **asked))[0] == 200


async def test_a_draining_app_refuses(app: App) -> None:
    """G27: new requests get 503, and say when to come back."""
    await app.drain(0.1)
    asked = {"authorization": "Bearer key-of-the-app-test"}
    assert (await call(app, "POST", "/v1/chat/completions", ASK, **asked))[0] == 503


async def test_the_drain_has_a_limit(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """A request that does not end in time is cut, and that is said."""
    app.door._running += 1
    with caplog.at_level(logging.WARNING, "penstock"):
        await app.drain(0.01)
    assert "the drain limit of 0.01 s was reached" in caplog.text
    app.door._running -= 1
    app.door._idle.set()


async def test_old_records_are_forgotten_when_the_database_is_back(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away is asked again later."""
    asked = asyncio.Event()

    def away(*_: object) -> int:
        app_loop.call_soon_threadsafe(asked.set)
        raise StorageUnavailable("away")

    app_loop = asyncio.get_running_loop()
    monkeypatch.setattr(app.storage.database, "write", away)
    forgetting = asyncio.ensure_future(app._forget_old_records())
    await asked.wait()
    await asyncio.sleep(0.01)
    assert not forgetting.done()
    forgetting.cancel()
    monkeypatch.undo()


async def test_the_administration_may_have_its_own_port(tmp_path: Path) -> None:
    """G28: with server.admin_port set, the public door does not know /admin."""
    data = tmp_path / "data"
    prepare(data)
    made = await App.start(loaded(tmp_path, server={"admin_port": 4142}), data)
    key = (data / "admin.key").read_text().strip()
    assert (await call(made, "GET", "/admin/keys", authorization=f"Bearer {key}"))[0] == 404
    assert made.admin_door is not None
    await made.close()


async def test_a_provider_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    """The sentence is for the user, and storage is closed again."""
    data = tmp_path / "data"
    prepare(data)
    broken = loaded(tmp_path, providers={"offline": {"kind": "openai_compatible"}})
    with pytest.raises(ValueError, match=r"providers\.offline"):
        await App.start(broken, data)


def test_the_built_in_model_is_free() -> None:
    """It runs in this process; the configuration may still say otherwise."""
    config = Config(providers={"here": {"kind": "offline"}, "there": {"kind": "anthropic"}})
    assert prices_of(config) == {"here/offline": Price(input=0, output=0)}
    dear = Price(input=1, output=1)
    assert prices_of(Config(providers=config.providers, prices={"here/offline": dear})) == {
        "here/offline": dear
    }

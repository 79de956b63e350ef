"""Addresses and ports; the rest of the server is tested over real sockets in tests/acceptance."""

import asyncio
import logging
from pathlib import Path

import pytest

from penstock.app import server
from penstock.app.server import address, with_port
from penstock.config.load import Loaded, load
from penstock.config.tree import Server


def test_the_address_is_a_url() -> None:
    """IPv6 hosts stand in brackets."""
    assert address(Server(host="127.0.0.1", port=4141)) == "http://127.0.0.1:4141"
    assert address(Server(host="::1", port=1)) == "http://[::1]:1"


def test_a_port_that_was_chosen_stays() -> None:
    """Only port 0 is replaced."""
    loaded = load(None, env={}, kinds={}, flags={"server.port": 4141})
    assert with_port(loaded) is loaded


class Reloads:
    """An app that only notes what it is given; `refusal` is what it says of it."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.taken: list[Loaded] = []
        self.refusal: str | None = None
        self.told = asyncio.Event()

    def reload(self, loaded: Loaded) -> None:
        self.told.set()
        if self.refusal is not None:
            raise ValueError(self.refusal)
        self.taken.append(loaded)


async def changed(app: Reloads, file: Path, text: str, caplog: pytest.LogCaptureFixture) -> str:
    """Change the file while it is watched; return what was logged."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "penstock"):
        watching = asyncio.ensure_future(server._watch(app))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        file.write_text(text)  # noqa: ASYNC240 - a few bytes, by hand
        while not caplog.text:
            await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.wait([watching])
    return caplog.text


async def test_a_changed_file_is_taken_over_and_a_bad_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken configuration, or one that a plug-in refuses, never replaces a good one."""
    monkeypatch.setattr(server, "RELOAD_SECONDS", 0.01)
    file = tmp_path / "penstock.yaml"
    file.write_text("server: {port: 4141}\n")
    app = Reloads(load(file, env={}, kinds={}))
    said = await changed(app, file, "server: {prt: 4142}\n", caplog)
    assert "not taken over" in said
    assert "did you mean `port`" in said
    assert app.taken == []
    assert "was taken over" in await changed(app, file, "server: {drain: 5}\n", caplog)
    assert app.taken[0].config.server.drain == 5
    app.refusal = "providers.a: no"
    assert "not taken over: providers.a: no" in await changed(app, file, "server: {drain: 6}\n", caplog)

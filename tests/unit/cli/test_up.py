"""penstock up, as far as it goes without a port."""

import pytest

from penstock.app import server
from penstock.cli.parts import discover


@pytest.fixture
def served(monkeypatch):
    """Stands in for the serving: keeps what it was given."""
    given = []

    def serve(loaded, data, announce):
        given.append((loaded, data))
        announce("http://127.0.0.1:1")
        return 0

    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(discover, "discover", lambda env: discover.combine(env, ()))
    return given


def test_the_first_start_says_all_that_is_needed(shell, served):
    """What was found, `ready`, a key, and a call with it."""
    assert shell("up", "--port", "0") == 0
    ((loaded, data),) = served
    assert "offline" in loaded.options
    assert loaded.config.server.port == 0
    assert data == shell.data
    assert "the built-in model `offline` answers" in shell.out
    assert "ready http://127.0.0.1:1" in shell.out
    assert '"model": "offline"' in shell.out
    assert (shell.data / "admin.key").exists()
    shell("up")
    assert "Authorization" not in shell.out


def test_flags_lie_over_the_file(shell, served):
    """--host, --port and --workers come last."""
    shell.write()
    assert shell("up", "--host", "::1", "--port", "5", "--workers", "1") == 0
    settings = served[0][0].config.server
    assert (settings.host, settings.port, settings.workers) == ("::1", 5, 1)
    assert '"model": "m"' in shell.out


def test_a_configuration_without_models_names_none(shell, served):
    """The call then has a place to fill in."""
    shell.write("providers: {off: {kind: offline}}\n")
    shell("up")
    assert '"model": "MODEL"' in shell.out


def test_a_broken_configuration_ends_with_2(shell, served):
    """Nothing is started and nothing is made."""
    shell.write("server: {prot: 1}\n")
    assert shell("up") == 2
    assert served == []
    assert not shell.data.exists()


def test_what_hinders_the_start_is_one_line(shell, monkeypatch):
    """A port that is taken, for example."""

    def serve(*_):
        raise server.CannotStart("port 4141 is taken")

    monkeypatch.setattr(server, "serve", serve)
    shell.write()
    assert shell("up") == 1
    assert shell.err == "penstock: port 4141 is taken\n  penstock doctor\n"

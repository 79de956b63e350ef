"""The data folder and its secrets."""

import os
import stat
from pathlib import Path

import pytest

from penstock.config import folder
from penstock.config.folder import admin_key, data_folder, environment, pepper, prepare
from penstock.domain.keys import parse_key


def test_the_folder_asked_for_comes_first():
    """--data, else $PENSTOCK_DATA, else XDG's, else the one below home."""
    env = {"HOME": "/h"}
    assert data_folder(None, env) == Path("/h/.local/share/penstock")
    assert data_folder(None, env | {"XDG_DATA_HOME": "/x"}) == Path("/x/penstock")
    assert data_folder(None, env | {"PENSTOCK_DATA": "/d"}) == Path("/d")
    assert data_folder(Path("/a"), env | {"PENSTOCK_DATA": "/d"}) == Path("/a")


def test_without_home_the_system_knows():
    """A service without $HOME has a home all the same."""
    assert data_folder(None, {}).name == "penstock"


def test_the_folder_is_for_its_owner(tmp_path):
    """A new folder has mode 700; one that is there stays as it is."""
    made = tmp_path / "a" / "b"
    prepare(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o755)
    prepare(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o755


def test_the_admin_key_is_made_once(tmp_path):
    """The key is kept in a file with mode 600, and is the same at the next start."""
    key = admin_key(tmp_path, {})
    assert parse_key(key.reveal()).public_id == "admin"
    assert admin_key(tmp_path, {}) == key
    assert stat.S_IMODE((tmp_path / "admin.key").stat().st_mode) == 0o600


def test_the_environment_gives_the_admin_key(tmp_path):
    """$PENSTOCK_ADMIN_KEY is taken, and no file is made."""
    assert admin_key(tmp_path, {"PENSTOCK_ADMIN_KEY": "mine"}).reveal() == "mine"
    assert list(tmp_path.iterdir()) == []


def test_the_pepper_is_made_once(tmp_path):
    """The server's secret is 32 bytes and stays."""
    assert len(pepper(tmp_path)) == 32
    assert pepper(tmp_path) == pepper(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_of_two_processes_one_wins(tmp_path, monkeypatch):
    """A process that was slower uses the secret of the faster one."""
    link = os.link

    def slower(draft, file):
        file.write_text("ab" * 32)
        link(draft, file)

    monkeypatch.setattr(folder.os, "link", slower)
    assert pepper(tmp_path) == bytes.fromhex("ab" * 32)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_the_environment_is_a_copy(monkeypatch):
    """What is read once does not change under the reader."""
    monkeypatch.setenv("SOME_NAME", "1")
    env = environment()
    monkeypatch.setenv("SOME_NAME", "2")
    assert env["SOME_NAME"] == "1"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    """A file in the way is told by the system's own error."""
    (tmp_path / "f").touch()
    with pytest.raises(OSError, match="Not a directory"):
        prepare(tmp_path / "f" / "d")

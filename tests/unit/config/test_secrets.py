"""Secrets by reference."""

import os
from pathlib import Path

import pytest

from penstock.config import secrets
from penstock.config.secrets import SecretMissing, resolve_secret


def resolve(text, env=None, folder=Path("/nowhere")):
    secret, file = resolve_secret(text, env or {}, folder)
    return secret.reveal(), file


def test_a_secret_comes_from_the_environment():
    """env:NAME is the variable's value."""
    assert resolve("env:K", {"K": "s"}) == ("s", None)


def test_a_secret_may_stand_there_itself():
    """A literal is taken as it is, also with a colon in it."""
    assert resolve("sk:x") == ("sk:x", None)


@pytest.mark.parametrize(
    ("text", "env", "told", "hint"),
    [
        ("env:KEY_A", {}, "the environment variable KEY_A is not set", "export KEY_A=..."),
        ("env:KEY_A", {"KEY_B": "x"}, "the environment variable KEY_A is not set", "did you mean `KEY_B`?"),
        ("env:KEY_A", {"KEY_A": ""}, "the environment variable KEY_A is empty", "export KEY_A=..."),
        ("", {}, "a secret is empty", "write env:NAME or file:/path"),
    ],
)
def test_a_missing_secret_says_what_to_do(text, env, told, hint):
    """A secret that cannot be had names the variable and a way out."""
    with pytest.raises(SecretMissing) as caught:
        resolve(text, env)
    assert (caught.value.message, caught.value.hint) == (told, hint)


def test_a_secret_comes_from_a_file(tmp_path):
    """file:PATH is the file's text without its end of line; a relative path starts at the configuration."""
    file = tmp_path / "k"
    file.write_text("s\n")
    file.chmod(0o600)
    assert resolve(f"file:{file}") == ("s", file)
    assert resolve("file:k", folder=tmp_path) == ("s", file)


def test_a_file_that_others_can_read_is_refused(tmp_path):
    """A secret's file is for its owner alone."""
    file = tmp_path / "k"
    file.write_text("s")
    file.chmod(0o644)
    with pytest.raises(SecretMissing, match="mode 644") as caught:
        resolve(f"file:{file}")
    assert caught.value.hint == f"chmod 600 {file}"


def test_a_mounted_secret_may_be_readable(tmp_path, monkeypatch):
    """Orchestrators mount secrets for everyone in the container."""
    file = tmp_path / "k"
    file.write_text("s")
    file.chmod(0o444)
    monkeypatch.setattr(secrets, "MOUNTS", (tmp_path,))
    assert resolve(f"file:{file}")[0] == "s"


def test_a_secret_of_another_owner_may_be_readable(tmp_path, monkeypatch):
    """Its owner has decided who may read it."""
    file = tmp_path / "k"
    file.write_text("s")
    file.chmod(0o440)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert resolve(f"file:{file}")[0] == "s"


@pytest.mark.parametrize(("content", "told"), [(b"", "is empty"), (b"\xff", "not text")])
def test_a_file_without_a_secret_is_refused(tmp_path, content, told):
    """A file has to hold text."""
    file = tmp_path / "k"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SecretMissing, match=told):
        resolve(f"file:{file}")


def test_a_file_that_is_not_there_is_told():
    """The reason of the system is passed on."""
    with pytest.raises(SecretMissing, match="No such file"):
        resolve("file:/nowhere/at/all")

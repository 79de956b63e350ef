"""`penstock index`."""

import subprocess

import pytest

IDENTITY = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


@pytest.fixture
def code(shell):
    """A small repository beside the shell's folder."""
    path = shell.folder / "code"
    path.mkdir()
    (path / "app.py").write_text("def sign_cookie(value):\n    return value\n")
    (path / "logo.png").write_bytes(b"\x89PNG\0")
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(path), *IDENTITY, "commit", "-qm", "one"], check=True)
    return path


def test_a_summary_is_printed(shell, code):
    """Files, symbols, languages, what was left out and why, time and size."""
    assert shell("index", str(code), "--data", str(shell.data)) == 0
    assert "1 files, 1 symbols, 1 chunks: python 1" in shell.out
    assert "left out, binary: logo.png" in shell.out
    assert "1 contents and 1 commits were new" in shell.out


def test_again_nothing_is_new(shell, code):
    """Only what changed is read."""
    shell("index", str(code), "--data", str(shell.data))
    again = shell.json("index", str(code), "--data", str(shell.data))
    assert (again["read"], again["commits"], again["files"]) == (0, 0, 1)
    assert again["learned"]["cases"] == 0
    assert again["bytes"] > 0


def test_a_commit_can_be_indexed_without_a_checkout(shell, code):
    """`--rev` names it."""
    assert shell.json("index", str(code), "--rev", "HEAD", "--data", str(shell.data))["read"] == 1


def test_a_path_that_is_no_repository_is_said(shell):
    """One line on stderr, exit code 1."""
    assert shell("index", str(shell.folder), "--data", str(shell.data)) == 1
    assert "is not a git repository" in shell.err

"""`penstock search`."""

import io
import json
import subprocess
import sys

import pytest

IDENTITY = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


@pytest.fixture
def code(shell):
    """A small repository beside the shell's folder."""
    path = shell.folder / "code"
    path.mkdir()
    (path / "cookies.py").write_text("def sign_cookie(value):\n    return value\n")
    (path / "other.py").write_text("def unrelated():\n    return 1\n")
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(path), *IDENTITY, "commit", "-qm", "one"], check=True)
    return path


def standard_input(monkeypatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_places_are_printed_with_reasons(shell, code):
    """Path, lines, symbol and confidence on one line, the reasons below."""
    assert shell("search", "sign_cookie is wrong", "--repo", str(code), "--data", str(shell.data)) == 0
    assert shell.out.startswith("cookies.py:1-2  sign_cookie  ")
    assert len(shell.out.splitlines()[1].strip()) > 5


def test_the_question_may_come_on_standard_input(shell, code, monkeypatch):
    """As JSON: results, files, and milliseconds."""
    standard_input(monkeypatch, "sign_cookie is wrong")
    shell("search", "--repo", str(code), "--data", str(shell.data), "-k", "1", "--json")
    answer = json.loads(shell.out)
    assert answer["files"][0] == answer["results"][0]["path"] == "cookies.py"
    assert set(answer["results"][0]) == {
        "path", "start", "end", "symbol", "score", "confidence", "reasons",
    }  # fmt: skip
    assert answer["ms"] > 0


def test_a_batch_is_answered_line_by_line(shell, code, monkeypatch):
    """Each line has its commit; a bad line is answered with its error and the rest goes on."""
    lines = [
        json.dumps({"id": 1, "rev": "HEAD", "query": "unrelated"}),
        "",
        "{not json",
        json.dumps({"id": "x", "rev": "beef", "query": "unrelated"}),
        json.dumps({"id": 2, "query": "sign_cookie"}),
    ]
    standard_input(monkeypatch, "\n".join(lines))
    assert shell("search", "--repo", str(code), "--data", str(shell.data), "--batch") == 0
    answers = [json.loads(line) for line in shell.out.splitlines()]
    assert [it["id"] for it in answers] == [1, None, "x", 2]
    assert answers[0]["files"][0] == "other.py"
    assert "error" in answers[1]
    assert "no commit beef" in answers[2]["error"]
    assert answers[3]["files"][0] == "cookies.py"


def test_nothing_to_find(shell, code):
    """An empty commit says so."""
    subprocess.run(["git", "-C", str(code), "rm", "-qr", "."], check=True)
    subprocess.run(["git", "-C", str(code), *IDENTITY, "commit", "-qm", "two"], check=True)
    shell("search", "sign", "--repo", str(code), "--data", str(shell.data))
    assert "Nothing was found." in shell.out


def test_what_is_not_here_is_said(shell, code):
    """A question about something else is answered with a warning."""
    shell("search", "quantum zebra photon", "--repo", str(code), "--data", str(shell.data))
    assert "probably not in this repository" in shell.out

"""A repository with a past: what was learned, and that nothing of the future is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOPICS = [
    "cookie signer",
    "walrus parser",
    "router table",
    "template loader",
    "upload limit",
    "session store",
]
COMMITS = 240


def stream() -> str:
    """A stream for `git fast-import`: fixes that each touch the file of their topic."""
    lines = []
    for number in range(COMMITS):
        first, second = TOPICS[number % len(TOPICS)].split()
        body = f"def {first}_{second}_{number}(value):\n    return value + {number}\n"
        message = f"fix the broken {first} in the {second}, case {number}"
        lines += [
            "commit refs/heads/main",
            f"committer A <a@example.org> {1_700_000_000 + number} +0000",
            f"data {len(message)}\n{message}",
            f"M 100644 inline src/{first}_{second}.py\ndata {len(body)}\n{body}",
        ]
        if number == 0:
            lines.append("M 100644 inline src/__init__.py\ndata 0\n")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("past") / "repo.git"
    subprocess.run(["git", "init", "-q", "-b", "main", "--bare", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=stream().encode(), check=True)
    return path


def commits(repository: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "-C", str(repository), "rev-list", "main"], capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def penstock(*arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "penstock", *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def answer(repository: Path, data: Path, commit: str) -> dict:
    asked = ["search", "the parser of the walrus is broken", "--repo", str(repository), "--rev", commit]
    found = json.loads(penstock(*asked, "--data", str(data), "--json"))
    del found["ms"]
    return found


def test_what_is_known_of_later_commits_changes_no_answer(repository, tmp_path):
    """An old commit is answered the same from an index that holds all and from one that holds it only."""
    old = commits(repository)[100]
    alone = answer(repository, tmp_path / "alone", old)
    for commit in commits(repository)[:3]:
        penstock("index", str(repository), "--rev", commit, "--data", str(tmp_path / "all"))
    assert answer(repository, tmp_path / "all", old) == alone
    assert alone["files"][0] == "src/walrus_parser.py"


def test_a_past_is_learned_from_and_said(repository, tmp_path):
    """`index` says how good the weights were on held-out fixes."""
    found = json.loads(penstock("index", str(repository), "--data", str(tmp_path / "d"), "--json"))
    assert found["learned"]["cases"] > 10
    assert found["learned"]["first_five"] == 1.0
    assert found["commits"] == COMMITS


def test_many_commits_are_answered_in_one_go(repository, tmp_path):
    """A batch over commits gives each its own state."""
    some = commits(repository)[::40]
    lines = "\n".join(json.dumps({"id": it, "rev": it, "query": "template loader"}) for it in some)
    out = penstock("search", "--repo", str(repository), "--data", str(tmp_path / "d"), "--batch", given=lines)
    answers = [json.loads(line) for line in out.splitlines()]
    assert [it["id"] for it in answers] == some
    assert all(it["files"][0] == "src/template_loader.py" for it in answers)

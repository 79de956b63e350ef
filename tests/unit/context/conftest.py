"""Small repositories, made by git itself."""

import subprocess
from pathlib import Path

import pytest

from penstock.chunkers import Chunkers
from penstock.context.git import Git
from penstock.context.index import Index
from penstock.storage.index import IndexStore

IDENTITY = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


class Repository:
    """A work tree with as many commits as a test asks for, one second apart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._clock = 1_700_000_000
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        when = f"{self._clock} +0000"
        environment = {
            "GIT_COMMITTER_DATE": when,
            "GIT_AUTHOR_DATE": when,
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "HOME": str(self.path.parent),
        }
        done = subprocess.run(
            ["git", *IDENTITY, *arguments], cwd=self.path, capture_output=True, check=True, env=environment
        )
        return done.stdout.decode(errors="replace").strip()

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str, files: dict[str, str | bytes] | None = None) -> str:
        self.write(files or {})
        self._clock += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "work")


@pytest.fixture
def index(repository, tmp_path):
    """The index of `repository`; it may be asked for before the first commit."""
    store = IndexStore.open(tmp_path / "data" / "index.db")
    yield Index(Git.find(repository.path), store, Chunkers(), workers=1)
    store.close()

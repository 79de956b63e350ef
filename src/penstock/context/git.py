"""Reads a git repository, bare or not, through git itself: no checkout, nothing written."""

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

import msgspec


class NoRepository(Exception):
    """The path is no git repository, or has no such commit; the message says which."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One file of a tree."""

    path: str
    blob: str
    mode: str = "100644"
    size: int = -1


class Commit(msgspec.Struct, frozen=True, array_like=True):
    """What one commit says and touches."""

    id: str
    time: int
    """Seconds since 1970, the committer's."""
    message: str
    changes: tuple[tuple[str, str, str], ...]
    """Status letter, path, and the path before for a rename (else "")."""


class Git:
    """One repository. Paths that are not UTF-8 come with surrogates."""

    def __init__(self, directory: Path, work_tree: Path | None) -> None:
        self.directory = directory
        self.work_tree = work_tree

    @classmethod
    def find(cls, path: Path) -> Self:
        """Return the repository at `path` (or around it). Raises NoRepository."""
        if not path.is_dir():
            raise NoRepository(f"{path} is not a directory")
        asked = ["git", "-C", str(path), "rev-parse", "--is-bare-repository", "--absolute-git-dir"]
        answer = _run(asked)
        if answer.returncode:
            raise NoRepository(_refusal(path, answer.stderr.decode(errors="replace")))
        bare, directory = answer.stdout.decode(errors="surrogateescape").splitlines()
        if bare == "true":
            return cls(Path(directory), None)
        top = _run([*asked[:3], "rev-parse", "--show-toplevel"])
        return cls(
            Path(directory),
            Path(top.stdout.decode(errors="surrogateescape").rstrip("\n")) if not top.returncode else None,
        )

    def run(self, *arguments: str, check: bool = True, given: bytes = b"") -> bytes:
        """Return what git prints, `given` on its input. Raises NoRepository with git's words if it fails."""
        base = ["git", f"--git-dir={self.directory}", "-c", "core.fsmonitor=false"]
        if self.work_tree is not None:
            base.append(f"--work-tree={self.work_tree}")
        answer = _run([*base, *arguments], self.work_tree, given)
        if check and answer.returncode:
            words = answer.stderr.decode(errors="replace").strip().splitlines()
            raise NoRepository(words[-1] if words else f"git {arguments[0]} failed")
        return answer.stdout

    def commit(self, revision: str) -> str:
        """Return the full id of a commit. Raises NoRepository."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
        except NoRepository:
            raise NoRepository(f"{self.directory} has no commit {revision}") from None

    def tree(self, commit: str) -> list[Entry]:
        """Return the files of a commit, submodules and links included."""
        entries = []
        for line in self.run("ls-tree", "-r", "-z", commit).split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, _, blob = facts.decode().split()
                entries.append(Entry(path.decode(errors="surrogateescape"), blob, mode))
        return entries

    def ancestors(self, commit: str, most: int) -> list[str]:
        """Return the newest of the commits that lead to `commit`, itself first, merges left out."""
        return self.run("rev-list", "--no-merges", f"--max-count={most}", commit).decode().split()

    def log(self, commits: Sequence[str]) -> Iterator[Commit]:
        """Yield what the given commits say and touch."""
        if not commits:
            return
        shape = "--format=%x01%H%x00%ct%x00%B%x00"
        arguments = ["log", "--no-walk=unsorted", "--stdin", "--name-status", "-z", shape]
        given = "\n".join(commits).encode()
        try:
            text = self.run(*arguments, "-M", "-l400", given=given)
        except NoRepository:  # a blob that is not here: renames are then told by equal content only
            text = self.run(*arguments, "-M100%", given=given)
        for record in text.split(b"\x01"):
            if record:
                yield _read_commit(record)

    def blobs(self, wanted: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield each blob's content; None for one that is not here."""
        with Blobs(self.directory) as blobs:
            for blob in wanted:
                yield blob, blobs.read(blob)


class Blobs:
    """A running `git cat-file --batch`."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - git, no shell
            ["git", f"--git-dir={directory}", "cat-file", "--batch"],  # noqa: S607 - the git of the PATH
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def read(self, blob: str) -> bytes | None:
        """Return one object's content; None when it is not here."""
        to_git, from_git = self._process.stdin, self._process.stdout
        if to_git is None or from_git is None:
            return None
        to_git.write(blob.encode() + b"\n")
        to_git.flush()
        header = from_git.readline().split()
        if len(header) != 3:
            return None
        content = from_git.read(int(header[2]))
        from_git.read(1)
        return content


def _refusal(path: Path, words: str) -> str:
    """Say why git does not take a folder: it may be one, and belong to somebody else."""
    if "dubious ownership" in words:
        return f"{path} belongs to another user: git config --global --add safe.directory {path}"
    return f"{path} is not a git repository"


def _run(
    command: Sequence[str], folder: Path | None = None, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - git, no shell
        command, capture_output=True, check=False, cwd=folder, input=given
    )


_PAIRED = frozenset("RC")


def _read_commit(record: bytes) -> Commit:
    head, _, changes = record.partition(b"\0\0\n")
    if not changes:
        head = record.rstrip(b"\0\n")
    name, time, message = [*head.split(b"\0", 2), b"", b""][:3]
    return Commit(
        name.decode(),
        int(time or b"0"),
        message.decode(errors="replace").strip(),
        tuple(_read_changes(changes)),
    )


def _read_changes(text: bytes) -> Iterator[tuple[str, str, str]]:
    fields = iter(text.decode(errors="surrogateescape").split("\0"))
    for status in fields:
        letter = status[:1]
        if not letter:
            continue
        first = next(fields, "")
        if letter in _PAIRED:
            yield letter, next(fields, ""), first
        else:
            yield letter, first, ""

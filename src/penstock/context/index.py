"""Keeps a repository's index up to date: digests of blobs, and what past commits said and touched."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from penstock.context.digest import Digest, digest
from penstock.context.git import Commit, Entry, Git
from penstock.context.languages import language_of
from penstock.context.snapshot import Snapshot
from penstock.context.walk import Listing, walk_commit, walk_work_tree
from penstock.domain.document import Count
from penstock.protocols import Chunker
from penstock.storage.index import IndexStore

T = TypeVar("T")

Progress = Callable[[int, int], None]
"""Told how many files are done, of how many."""

_WORTH_A_PROCESS = 48
_BATCH = 24
_AT_ONCE = 512
_OLDEST = 10_000
"""Past commits that are looked at."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of the index found and did."""

    commit: str
    files: int
    symbols: int
    chunks: int
    languages: Mapping[str, int]
    """Files of each."""
    skipped: tuple[tuple[str, str], ...]
    """Path and reason."""
    fallbacks: tuple[tuple[str, str], ...]
    """Files that were not cut by their syntax, and why."""
    read: int
    """Files whose content was new."""
    commits: int
    """Past commits that were new."""


def estimate(text: bytes) -> int:
    """Return an estimate of a text's tokens that no tokenizer is needed for."""
    return (len(text) + 2) // 3


class Index:
    """One repository and what is known of it."""

    def __init__(
        self,
        git: Git,
        store: IndexStore,
        chunkers: Mapping[str, Chunker],
        count: Count = estimate,
        workers: int = 2,
    ) -> None:
        """`chunkers` maps a language to what cuts it, and has one for `text`."""
        self._git = git
        self._store = store
        self._chunkers = chunkers
        self._count = count
        self._workers = workers
        self._digests: dict[tuple[str, str], Digest] = {}
        self._past: dict[str, Commit] = {}

    def listing(self, revision: str | None) -> Listing:
        """Return the files of a commit, or of the work tree as it is now. Raises NoRepository."""
        if revision is None and self._git.work_tree is not None:
            note = self._store.note("stat")
            known = msgspec.msgpack.decode(note, type=dict[str, tuple[int, int, str]]) if note else {}
            before = dict(known)
            listing = walk_work_tree(self._git, self._git.work_tree, known)
            if known != before:
                self._store.add_notes([("stat", msgspec.msgpack.encode(known))])
            return listing
        return walk_commit(self._git, revision or "HEAD")

    def fill(self, listing: Listing, progress: Progress | None = None) -> int:
        """Digest the files of a listing whose content is new; returns how many were."""
        wanted = {(entry.blob, language_of(entry.path)): entry for entry in listing.entries}
        known = self._store.known([blob for blob, _ in wanted])
        new = [entry for key, entry in wanted.items() if key not in known]
        done = 0
        with _digester(
            self._chunkers, self._count, self._workers if len(new) >= _WORTH_A_PROCESS else 1
        ) as run:
            for some in _batched(new, _AT_ONCE):
                rows = list(run(self._contents(some)))
                self._store.add_digests(rows)
                done += len(some)
                if progress is not None:
                    progress(done, len(new))
        return len(new)

    def _contents(self, entries: Sequence[Entry]) -> Iterator[tuple[str, str, bytes | None]]:
        if entries and entries[0].size >= 0 and self._git.work_tree is not None:
            for entry in entries:
                yield entry.blob, language_of(entry.path), _read(self._git.work_tree / entry.path)
        else:
            for entry, (blob, content) in zip(
                entries, self._git.blobs(entry.blob for entry in entries), strict=True
            ):
                yield blob, language_of(entry.path), content

    def snapshot(self, listing: Listing) -> Snapshot:
        """Return the state in memory; what `fill` has not seen is left out."""
        found = [(path, made) for path, made in self._made(listing) if not made.skipped]
        return Snapshot([path for path, _ in found], [made for _, made in found])

    def _made(self, listing: Listing) -> list[tuple[str, Digest]]:
        """The paths of a listing with their digests."""
        keys = [(entry.blob, language_of(entry.path)) for entry in listing.entries]
        missing = sorted({key[0] for key in keys if key not in self._digests})
        for blob, language, content in self._store.digests(missing):
            self._digests[blob, language] = _DECODER.decode(content)
        return [
            (entry.path, self._digests[key])
            for entry, key in zip(listing.entries, keys, strict=True)
            if key in self._digests
        ]

    def remember(self, commit: str) -> int:
        """Read the commits that lead to `commit` and are not known yet; returns how many there were."""
        ids = self._git.ancestors(commit, _OLDEST) if commit else []
        known = self._store.past_ids()
        new = list(self._git.log([name for name in ids if name not in known]))
        if new:
            self._store.add_past((it.id, msgspec.msgpack.encode(it)) for it in new)
        return len(new)

    def past(self, commit: str) -> list[Commit]:
        """Return the newest of the commits that lead to `commit`, newest first: never one that came later."""
        ids = self._git.ancestors(commit, _OLDEST) if commit else []
        if any(name not in self._past for name in ids):
            self._past = {
                name: msgspec.msgpack.decode(content, type=Commit) for name, content in self._store.past()
            }
        return [self._past[name] for name in ids if name in self._past]

    def recall(self, name: str) -> bytes | None:
        """Return what was kept under a name."""
        return self._store.note(name)

    def keep(self, name: str, content: bytes) -> None:
        """Keep something that was worked out, under a name."""
        self._store.add_notes([(name, content)])

    def report(self, listing: Listing, read: int, commits: int) -> Report:
        """Return a summary of a listing that was filled."""
        made = self._made(listing)
        kept = [(path, it) for path, it in made if not it.skipped]
        return Report(
            commit=listing.commit,
            files=len(kept),
            symbols=sum(len(it.names) for _, it in kept),
            chunks=sum(len(it.places) for _, it in kept),
            languages=dict(Counter(language_of(path) for path, _ in kept).most_common()),
            skipped=(*listing.skipped, *((path, it.skipped) for path, it in made if it.skipped)),
            fallbacks=tuple((path, it.fallback) for path, it in kept if it.fallback),
            read=read,
            commits=commits,
        )


_DECODER = msgspec.msgpack.Decoder(Digest)


class _digester:  # noqa: N801 - used as a function
    """A context that gives a function from contents to rows of digests, in processes where it pays."""

    def __init__(self, chunkers: Mapping[str, Chunker], count: Count, workers: int) -> None:
        self._one = partial(_digest_all, chunkers, count)
        self._pool = (
            ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
            if workers > 1
            else None
        )

    def __enter__(
        self,
    ) -> Callable[[Iterator[tuple[str, str, bytes | None]]], Iterable[tuple[str, str, bytes]]]:
        return self._run

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _run(self, contents: Iterator[tuple[str, str, bytes | None]]) -> Iterator[tuple[str, str, bytes]]:
        if self._pool is None:
            yield from self._one(list(contents))
            return
        for rows in self._pool.map(self._one, list(_batched(contents, _BATCH))):
            yield from rows


def _digest_all(
    chunkers: Mapping[str, Chunker], count: Count, contents: Sequence[tuple[str, str, bytes | None]]
) -> list[tuple[str, str, bytes]]:
    encode = msgspec.msgpack.Encoder().encode
    rows = []
    for blob, language, content in contents:
        made = Digest(skipped="absent") if content is None else digest(content, language, chunkers, count)
        rows.append((blob, language, encode(made)))
    return rows


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some


def store_path(data: Path, git: Git) -> Path:
    """Return where the index of a repository is kept."""
    name = (git.work_tree or git.directory).name or "repository"
    return data / "index" / f"{name}-{sha256(str(git.directory).encode()).hexdigest()[:12]}.db"

"""One state of a repository in memory: every chunk's words, laid out for scoring."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.context.digest import FIELDS, Digest
from penstock.context.languages import language_of, role_of
from penstock.context.words import all_terms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOST_ALIKE = 6
"""Files that one name may mean; more is a name that says nothing."""
_ENTRIES = frozenset({"__init__", "index", "mod", "doc"})
K = TypeVar("K")
_ROLES = ("test", "example", "document", "other", "vendored", "script")


class Postings(msgspec.Struct, frozen=True):
    """Where the asked terms stand: one row per term and chunk, in the order of the terms."""

    term: Integers
    """Position in the asked terms."""
    chunk: Integers
    counts: Floats
    """FIELDS columns."""


class Snapshot:
    """The files of one state and their words. Files are numbered in the order they are given."""

    def __init__(self, paths: Sequence[str], digests: Sequence[Digest]) -> None:
        self.paths = paths
        self.digests = digests
        tests_apart = any(path.startswith("tests/") for path in paths)
        self.roles = [role_of(path, tests_apart=tests_apart) for path in paths]
        self.number = {path: index for index, path in enumerate(paths)}
        self._lay_out_words()
        self._lay_out_names()
        self.is_source: Flags = np.array([role == "source" for role in self.roles], bool)
        self.facts: Mapping[str, Floats] = self._facts()
        """Columns that no question changes."""

    def _lay_out_words(self) -> None:
        digests = self.digests
        pieces = np.array([len(digest.places) for digest in digests], np.int64)
        self.first_chunk: Integers = np.concatenate(([0], np.cumsum(pieces)))
        self.file_of: Integers = np.repeat(np.arange(len(digests)), pieces)
        self.lengths = _joined([it.lengths for it in digests], np.uint32).reshape(-1, FIELDS)
        sums = np.concatenate((np.zeros((1, FIELDS)), np.cumsum(self.lengths, axis=0, dtype=np.float64)))
        self.file_lengths: Floats = sums[self.first_chunk[1:]] - sums[self.first_chunk[:-1]]
        self.mean_length: Floats = self.file_lengths.mean(axis=0) if len(digests) else np.ones(FIELDS)
        self.mean_chunk = float(self.lengths[:, 0].mean()) if len(self.lengths) else 1.0
        terms = _joined([it.terms for it in digests], np.uint32)
        order = np.argsort(terms, kind="stable")
        chunks = _joined([it.chunks for it in digests], np.uint16).astype(np.int32)
        chunks += np.repeat(self.first_chunk[:-1].astype(np.int32), [len(it.terms) // 4 for it in digests])
        self._terms = terms[order]
        self._chunks = chunks[order]
        self._counts = _joined([it.counts for it in digests], np.uint8).reshape(-1, FIELDS)[order]

    def _lay_out_names(self) -> None:
        said: dict[int, list[int]] = {}
        stems: dict[str, list[int]] = {}
        folders: dict[str, list[int]] = {}
        self._names: dict[str, list[int]] = {}
        parents: dict[str, int] = {}
        for index, path in enumerate(self.paths):
            pure = PurePosixPath(path.lower())
            _put(said, all_terms(path), index)
            _put(stems, [pure.name.split(".")[0].strip("_-")], index)
            _put(folders, pure.parts[:-1], index)
            _put(self._names, [pure.name], index)
            parents.setdefault(path.rpartition("/")[0], len(parents))
        self.path_postings = {term: np.array(files) for term, files in said.items()}
        self.path_lengths = np.array([len(set(all_terms(path))) or 1 for path in self.paths], np.float64)
        self.stems = {stem: np.array(files) for stem, files in stems.items()}
        self.folders = {folder: np.array(files) for folder, files in folders.items()}
        self.folder_of: Integers = np.array([parents[it.rpartition("/")[0]] for it in self.paths], np.int64)

    def _facts(self) -> dict[str, Floats]:
        languages = [language_of(path) for path in self.paths]
        sources = Counter(it for it, role in zip(languages, self.roles, strict=True) if role == "source")
        main = sources.most_common(1)[0][0] if sources else ""
        roles = {role: np.array([float(it == role) for it in self.roles]) for role in _ROLES}
        names = np.array([len(it.names) for it in self.digests], np.float64)
        return {
            **roles,
            "main_language": np.array([float(it == main) for it in languages]),
            "entry": np.array([float(PurePosixPath(it).stem in _ENTRIES) for it in self.paths]),
            "definitions": np.log1p(names) / 5,
        }

    def postings(self, terms: Sequence[int]) -> Postings:
        """Return where the given terms stand."""
        asked = np.array(terms, np.uint32)
        low = np.searchsorted(self._terms, asked, side="left")
        high = np.searchsorted(self._terms, asked, side="right")
        sizes = high - low
        ends = np.cumsum(sizes)
        rows = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(low - (ends - sizes), sizes)
        return Postings(
            np.repeat(np.arange(len(asked)), sizes),
            self._chunks[rows].astype(np.int64),
            self._counts[rows].astype(np.float64),
        )

    def ending(self, path: str) -> Sequence[int]:
        """Return the files whose path ends most like the given one; the name itself must be equal."""
        asked = [it for it in path.replace("\\", "/").lower().split("/") if it not in ("", ".", "..")]
        best: dict[int, list[int]] = {}
        for file in self._names.get(asked[-1], ()) if asked else ():
            own = self.paths[file].lower().split("/")
            same = 0
            while same < min(len(own), len(asked)) and own[-1 - same] == asked[-1 - same]:
                same += 1
            best.setdefault(same, []).append(file)
        nearest = best[max(best)] if best else []
        return nearest if len(nearest) <= _MOST_ALIKE else ()

    def module(self, names: Sequence[str]) -> Sequence[tuple[int, float]]:
        """Return the files that a dotted name may mean, each with how much of the name its path says."""
        asked = [it.lower().strip("_") for it in names]
        for length in range(len(asked), 0, -1):
            out = []
            for file in self.stems.get(asked[length - 1], ()):
                own = [it.strip("_") for it in self.paths[file].lower().rpartition(".")[0].split("/")]
                same = 0
                while same < min(len(own), length) and own[-1 - same] == asked[length - 1 - same]:
                    same += 1
                if same > 1 or length < len(asked):
                    out.append((int(file), min(1.0, same / 3 + 0.2)))
            if out:
                return out if len(out) <= _MOST_ALIKE else ()
        return ()


def summed(places: Integers, values: Floats, size: int) -> Floats:
    """Return the sums of the values at each place from 0 to `size` - 1."""
    return np.bincount(places, values, minlength=size).astype(np.float64, copy=False)


def _joined(parts: Sequence[bytes], kind: type[np.uint8 | np.uint16 | np.uint32]) -> NDArray[np.integer]:
    return np.frombuffer(b"".join(parts), kind)


def _put(table: dict[K, list[int]], keys: Iterable[K], index: int) -> None:
    for key in set(keys):
        table.setdefault(key, []).append(index)

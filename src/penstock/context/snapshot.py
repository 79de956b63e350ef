"""One state of a repository in memory: every chunk's words, laid out for scoring."""

from collections.abc import Mapping, Sequence

from pathlib import PurePosixPath

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.context.digest import FIELDS, Digest
from penstock.context.languages import language_of, role_of
from penstock.context.words import all_terms

_MOST_ALIKE = 6
"""Files that one name may mean; more is a name that says nothing."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Postings(msgspec.Struct, frozen=True):
    """Where the asked terms stand: one row per term and chunk."""

    term: Integers
    """Position in the asked terms."""
    chunk: Integers
    counts: Floats
    """FIELDS columns."""


class Snapshot:
    """The files of one state and their words. Files are numbered in the order of their paths."""

    def __init__(self, paths: Sequence[str], digests: Sequence[Digest]) -> None:
        self.paths = paths
        self.digests = digests
        self.roles = [role_of(path) for path in paths]
        self.languages = [language_of(path) for path in paths]
        self.number = {path: index for index, path in enumerate(paths)}
        pieces = np.array([len(digest.places) for digest in digests], np.int64)
        self.first_chunk = np.concatenate(([0], np.cumsum(pieces)))
        self.file_of = np.repeat(np.arange(len(paths)), pieces)
        self.lengths = _joined([d.lengths for d in digests], np.dtype(np.uint32)).reshape(-1, FIELDS)
        terms = _joined([d.terms for d in digests], np.dtype(np.uint32))
        order = np.argsort(terms, kind="stable")
        sizes = [len(d.terms) // 4 for d in digests]
        chunks = _joined([d.chunks for d in digests], np.dtype(np.uint16)).astype(np.int32)
        chunks += np.repeat(self.first_chunk[:-1].astype(np.int32), sizes)
        self._chunks = chunks[order]
        self._counts = _joined([d.counts for d in digests], np.dtype(np.uint8)).reshape(-1, FIELDS)[order]
        ordered = terms[order]
        self._terms, self._starts = np.unique(ordered, return_index=True)
        self._starts = np.append(self._starts, len(ordered))
        self.path_postings: dict[int, list[int]] = {}
        for index, path in enumerate(paths):
            for term in set(all_terms(path)):
                self.path_postings.setdefault(term, []).append(index)
        self.path_lengths = np.array([len(set(all_terms(path))) for path in paths], np.float64)
        self.file_lengths: Floats = np.zeros((len(paths), FIELDS))
        np.add.at(self.file_lengths, self.file_of, self.lengths)

        self.stems: dict[str, list[int]] = {}
        self.folders: dict[str, list[int]] = {}
        self._names: dict[str, list[int]] = {}
        for index, path in enumerate(paths):
            pure = PurePosixPath(path.lower())
            self._names.setdefault(pure.name, []).append(index)
            self.stems.setdefault(pure.name.split(".")[0].strip("_-"), []).append(index)
            for folder in set(pure.parts[:-1]):
                self.folders.setdefault(folder, []).append(index)

    def ending(self, path: str) -> Sequence[int]:
        """Return the files whose path ends like the given one: the longest common end wins, one name at least."""
        parts = [it for it in path.replace("\\", "/").lower().split("/") if it not in ("", ".", "..")]
        if not parts:
            return ()
        found = self._names.get(parts[-1], ())
        best: dict[int, list[int]] = {}
        for file in found:
            own = self.paths[file].lower().split("/")
            same = 0
            while same < min(len(own), len(parts)) and own[-1 - same] == parts[-1 - same]:
                same += 1
            best.setdefault(same, []).append(file)
        nearest = best[max(best)] if best else []
        return nearest if len(nearest) <= _MOST_ALIKE else ()

    def module(self, names: Sequence[str]) -> Sequence[tuple[int, float]]:
        """Return the files that a dotted name may mean, each with how much of the name its path says."""
        out = []
        for length in range(len(names), 0, -1):
            for start in range(min(2, length)):
                for file in self.stems.get(names[length - 1].lower().strip("_"), ()):
                    own = [it.strip("_") for it in self.paths[file].lower().rpartition(".")[0].split("/")]
                    asked = [it.lower().strip("_") for it in names[start:length]]
                    if own[-len(asked) :] == asked and (len(asked) > 1 or length < len(names)):
                        out.append((file, min(1.0, len(asked) / 3 + 0.2)))
            if out:
                break
        return out[:_MOST_ALIKE]

    def postings(self, terms: Sequence[int]) -> Postings:
        """Return where the given terms stand."""
        at = np.searchsorted(self._terms, terms)
        spans, owners = [], []
        for index, (position, term) in enumerate(zip(at, terms, strict=True)):
            if position < len(self._terms) and self._terms[position] == term:
                spans.append(np.arange(self._starts[position], self._starts[position + 1]))
                owners.append(index)
        if not spans:
            return Postings(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, FIELDS)))
        rows = np.concatenate(spans)
        return Postings(
            np.repeat(owners, [len(span) for span in spans]),
            self._chunks[rows].astype(np.int64),
            self._counts[rows].astype(np.float64),
        )

    def files_of(self, term: int) -> Integers:
        """Return the files in which a term stands."""
        return np.unique(self.file_of[self.postings([term]).chunk])


def _joined(parts: Sequence[bytes], kind: np.dtype[np.generic]) -> NDArray[np.generic]:
    return np.frombuffer(b"".join(parts), kind)

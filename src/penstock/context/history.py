"""What past commits tell: which files they touched, under which words, how often, how lately."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from penstock.context.git import Commit
from penstock.context.snapshot import Floats, Integers
from penstock.context.words import STOP, terms, words

_WIDE = 30
"""A commit that touches more files says nothing of any."""
_OLDEST = 8000
"""Commits that are looked at."""
_K1, _B = 1.2, 0.5
_HALF_LIFE = 400.0
"""Commits after which a touch counts half."""
_FIX = re.compile(
    r"\b(fix(e[sd]|ing)?|bugs?|issues?|resolve[sd]?|close[sd]?|regression|crash(es)?|broken|incorrect(ly)?)\b", re.I
)
_NOISE = re.compile(r"^\s*(signed-off-by|co-authored-by|reviewed-by|change-id):.*$|https?://\S+", re.I | re.M)


def is_fix(message: str) -> bool:
    """Whether a commit says that it mends something."""
    return bool(_FIX.search(message[:400]))


@lru_cache(maxsize=60_000)
def message_terms(message: str) -> tuple[int, ...]:
    """Return the terms of a commit's message, without its trailers."""
    found = words(_NOISE.sub(" ", message)[:2000])
    return tuple(term for word in found if word.lower() not in STOP for term in terms(word))


class History:
    """The commits that lead to one state, seen from its files. Row 0 is the newest commit kept."""

    def __init__(self, past: Sequence[Commit], number: Mapping[str, int]) -> None:
        """`past` is newest first; `number` gives the files' numbers by path."""
        moved: dict[str, str] = {}
        self.commits: list[Commit] = []
        self.touched: list[tuple[int, ...]] = []
        for commit in past[:_OLDEST]:
            files = _touched(commit, moved, number)
            if 0 < len(files) <= _WIDE:
                self.commits.append(commit)
                self.touched.append(files)
        self._number = len(number)
        rows = [len(files) for files in self.touched]
        self.pair_commit: Integers = np.repeat(np.arange(len(rows)), rows)
        self.pair_file: Integers = np.fromiter((file for files in self.touched for file in files), np.int64, sum(rows))
        self._share = np.repeat([1.0 / max(1, it) for it in rows], rows)
        self._fix = np.array([is_fix(it.message) for it in self.commits], bool)
        self._index()

    def _index(self) -> None:
        tables = [Counter(message_terms(it.message)) for it in self.commits]
        sizes = [len(table) for table in tables]
        flat = np.fromiter((term for table in tables for term in table), np.int64, sum(sizes))
        counts = np.fromiter((n for table in tables for n in table.values()), np.float64, sum(sizes))
        owner = np.repeat(np.arange(len(tables)), sizes)
        lengths = np.array([sum(table.values()) for table in tables], np.float64)
        order = np.argsort(flat, kind="stable")
        self._terms, self._commit = flat[order], owner[order]
        mean = lengths.mean() if len(lengths) else 1.0
        norm = _K1 * (1 - _B + _B * lengths / max(mean, 1.0))
        weight = counts * (_K1 + 1) / (counts + norm[owner]) if len(counts) else counts
        self._weight = weight[order]

    def similar(self, query: Mapping[int, float], after: int = 0) -> Floats:
        """Return each commit's BM25 score; those before row `after` (the newer ones) score nothing."""
        scores = np.zeros(len(self.commits))
        total = len(self.commits) - after
        for term, said in query.items():
            low, high = np.searchsorted(self._terms, [term, term + 1])
            rows = self._commit[low:high]
            weights = self._weight[low:high][rows >= after]
            rows = rows[rows >= after]
            if len(rows):
                idf = np.log(1 + (total - len(rows) + 0.5) / (len(rows) + 0.5))
                scores[rows] += said * idf * weights
        return scores

    def vote(self, scores: Floats, best: int = 60) -> tuple[Floats, Floats]:
        """Return each file's sum and maximum of the best commits' scores, shared among their files."""
        total, most = np.zeros(self._number), np.zeros(self._number)
        if not len(scores):
            return total, most
        floor = np.partition(scores, -best)[-best] if len(scores) > best else 0.0
        kept = np.where(scores >= max(floor, 1e-9), scores, 0.0)
        shares = kept[self.pair_commit] ** 2 * self._share**0.5
        np.add.at(total, self.pair_file, shares)
        np.maximum.at(most, self.pair_file, kept[self.pair_commit] * self._share**0.3)
        return total**0.5, most

    def frequency(self, after: int = 0, *, fixes_only: bool = False, half_life: float = _HALF_LIFE) -> Floats:
        """Return how often each file was touched, a commit's single file counting most, old ones less."""
        ages = (self.pair_commit - after) / half_life
        weights = np.where(self.pair_commit >= after, 0.5 ** np.maximum(ages, 0.0), 0.0) * self._share
        if fixes_only:
            weights = weights * self._fix[self.pair_commit]
        return np.bincount(self.pair_file, weights, minlength=self._number)

    def since(self, after: int = 0) -> Floats:
        """Return the commits since each file was last touched; those never touched have all of them."""
        last = np.full(self._number, float(len(self.commits) + 1))
        valid = self.pair_commit >= after
        np.minimum.at(last, self.pair_file[valid], (self.pair_commit[valid] - after).astype(float))
        return last

    def companions(self, scores: Floats, after: int = 0) -> Floats:
        """Return how much of `scores` lies on files that were changed together with each file."""
        valid = self.pair_commit >= after
        mass = np.bincount(
            self.pair_commit[valid], (scores[self.pair_file] * self._share)[valid], minlength=len(self.commits)
        )
        own = scores[self.pair_file] * self._share
        gained = np.where(valid, (mass[self.pair_commit] - own) * self._share, 0.0)
        total = np.bincount(self.pair_file, gained, minlength=self._number)
        times = np.bincount(self.pair_file[valid], minlength=self._number)
        return total / np.sqrt(times + 3.0)


def _touched(commit: Commit, moved: dict[str, str], number: Mapping[str, int]) -> tuple[int, ...]:
    """The files of today that a commit touched; going back in time, `moved` learns the older names."""
    files = []
    for status, path, before in commit.changes:
        today = moved.get(path, path)
        if status == "R" and before:
            moved[before] = today
        if status != "D" and today in number:
            files.append(number[today])
    return tuple(dict.fromkeys(files))

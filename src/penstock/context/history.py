"""What past commits tell: which files they touched, under which words, how often, how lately."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from penstock.context.git import Commit
from penstock.context.snapshot import Floats, Integers, summed
from penstock.context.words import STOP, terms, words

_WIDE = 30
"""A commit that touches more files says nothing of any."""
_OLDEST = 8000
"""Commits that are looked at."""
_K1, _B = 1.2, 0.5
_HALF_LIFE = 400.0
"""Commits after which a touch counts half."""
_SHORT_HALF_LIFE = 40.0
_VOTERS = 60
"""Most similar commits that vote."""
_ENOUGH = 20
"""Commits from which on their words tell what is rare."""
_FIX = re.compile(
    r"\b(fix(e[sd]|ing)?|bugs?|issues?|resolve[sd]?|close[sd]?|regression|crash(es)?|broken|incorrect(ly)?)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^\s*(signed-off-by|co-authored-by|reviewed-by|change-id):.*$|https?://\S+", re.IGNORECASE | re.MULTILINE
)


def is_fix(message: str) -> bool:
    """Whether a commit says that it mends something."""
    return bool(_FIX.search(message[:400]))


@lru_cache(maxsize=60_000)
def message_terms(message: str) -> Counter[int]:
    """Return the terms of a commit's message, counted, without its trailers."""
    found = words(_NOISE.sub(" ", message)[:2000])
    return Counter(term for word in found if word.lower() not in STOP for term in terms(word))


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
        self.files = len(number)
        rows = [len(files) for files in self.touched]
        self.first_pair: Integers = np.concatenate(([0], np.cumsum(rows, dtype=np.int64)))
        self.pair_commit: Integers = np.repeat(np.arange(len(rows)), rows)
        self.pair_file: Integers = np.fromiter(
            (it for files in self.touched for it in files), np.int64, sum(rows)
        )
        self.share = np.repeat([1.0 / max(1, it) for it in rows], rows)
        self.fixes = np.array([is_fix(it.message) for it in self.commits], bool)
        self._index([message_terms(it.message) for it in self.commits])

    def _index(self, tables: Sequence[Counter[int]]) -> None:
        sizes = [len(table) for table in tables]
        flat = np.fromiter((term for table in tables for term in table), np.int64, sum(sizes))
        counts = np.fromiter((n for table in tables for n in table.values()), np.float64, sum(sizes))
        owner = np.repeat(np.arange(len(tables)), sizes)
        lengths = summed(owner, counts, len(tables))
        order = np.argsort(flat, kind="stable")
        self.terms, self.commit = flat[order], owner[order]
        mean = float(lengths.mean()) if len(lengths) else 1.0
        norm = _K1 * (1 - _B + _B * lengths / max(mean, 1.0))
        self.weight = (counts * (_K1 + 1) / (counts + norm[owner]))[order]


class Recall:
    """A history asked for some terms; commits before row `after`, the newer ones, are not looked at."""

    def __init__(self, history: History, asked: Sequence[int], after: int = 0) -> None:
        self._history = history
        self._after = after
        self._total = max(len(history.commits) - after, 0)
        low = np.searchsorted(history.terms, asked, side="left")
        high = np.searchsorted(history.terms, asked, side="right")
        rows = _ranges(low, high)
        owner = np.repeat(np.arange(len(asked)), high - low)
        valid = history.commit[rows] >= after
        self._rows, self._owner = rows[valid], owner[valid]
        self._number = np.bincount(self._owner, minlength=len(asked))
        self._rarity = np.log(1 + (self._total - self._number + 0.5) / (self._number + 0.5)) * (
            self._number > 0
        )
        self._pairs = history.pair_commit >= after
        self._ages = np.maximum(history.pair_commit - after, 0)

    def rarity(self) -> Floats:
        """Return how rarely each term is said in messages, from 0 (in all) to 1 (in one or none)."""
        if self._total < _ENOUGH:
            return np.ones(len(self._number))
        rare: Floats = np.log((self._total + 1) / (self._number + 1)) / np.log(self._total + 1)
        return rare

    def similar(self, weights: Floats) -> Floats:
        """Return each commit's BM25 score."""
        points = self._history.weight[self._rows] * (weights * self._rarity)[self._owner]
        return summed(self._history.commit[self._rows], points, len(self._history.commits))

    def most(self, weights: Floats) -> float:
        """Return the score of a commit that says all of the terms once."""
        return max(float((weights * self._rarity).sum()), 1e-9)

    def fading(self) -> Floats:
        """Return a weight per commit that halves with age."""
        return 0.5 ** (np.maximum(np.arange(len(self._history.commits)) - self._after, 0) / _HALF_LIFE)

    def vote(self, scores: Floats) -> Floats:
        """Return what the most similar commits come to for each file; files of one commit share its vote."""
        history = self._history
        if not len(scores):
            return np.zeros(history.files)
        floor = np.partition(scores, -_VOTERS)[-_VOTERS] if len(scores) > _VOTERS else 0.0
        kept = np.where(scores >= max(float(floor), 1e-9), scores, 0.0)
        shares = kept[history.pair_commit] ** 2 * np.sqrt(history.share)
        return np.sqrt(summed(history.pair_file, shares, history.files))

    def spoken(self, weights: Floats) -> Floats:
        """Return BM25 over what was said, in all commits together, of each file."""
        history = self._history
        told = summed(history.pair_file[self._pairs], history.share[self._pairs], history.files)
        mean = float(told[told > 0].mean()) if (told > 0).any() else 1.0
        norm = 0.4 + 0.6 * told / mean
        wanted = weights[self._owner] > 0
        commits, owner = history.commit[self._rows][wanted], self._owner[wanted]
        low, high = history.first_pair[commits], history.first_pair[commits + 1]
        pairs = _ranges(low, high)
        key = np.repeat(owner, high - low) * history.files + history.pair_file[pairs]
        cells, where = np.unique(key, return_inverse=True)
        counts = summed(where, history.share[pairs], len(cells))
        term, file = cells // max(history.files, 1), cells % max(history.files, 1)
        number = np.bincount(term, minlength=len(weights))
        total = max(int((told > 0).sum()), 1)
        rarity = np.log(1 + np.maximum(total - number + 0.5, 0.5) / (number + 0.5))
        points = (weights * rarity)[term] * counts / (counts + norm[file])
        return summed(file, points, history.files)

    def frequency(self, *, fixes_only: bool = False, lately: bool = False) -> Floats:
        """Return how often each file was touched: a commit's only file counts most, old commits less."""
        history = self._history
        fading = 0.5 ** (self._ages / (_SHORT_HALF_LIFE if lately else _HALF_LIFE))
        weights = np.where(self._pairs, fading, 0.0) * history.share
        if fixes_only:
            weights = weights * history.fixes[history.pair_commit]
        return summed(history.pair_file, weights, history.files)

    def since(self) -> Floats:
        """Return the commits since each file was last touched; those never touched have all of them."""
        last = np.full(self._history.files, float(len(self._history.commits) + 1))
        files, ages = self._history.pair_file[self._pairs][::-1], self._ages[self._pairs][::-1]
        last[files] = ages  # the newest commit is written last
        return last


def _ranges(low: Integers, high: Integers) -> Integers:
    """The numbers of all ranges low:high, one after the other."""
    sizes = high - low
    ends = np.cumsum(sizes)
    numbers: Integers = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(low - (ends - sizes), sizes)
    return numbers


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

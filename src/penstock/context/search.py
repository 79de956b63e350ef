"""Questions answered with places: the whole way from a text to ranked files and lines."""

from collections.abc import Sequence
from time import perf_counter

import msgspec
import numpy as np

from penstock.context import query as reading
from penstock.context.features import NAMES, Evidence, gather
from penstock.context.fusion import probabilities
from penstock.context.graph import Graph
from penstock.context.history import History
from penstock.context.index import Index
from penstock.context.snapshot import Floats, Snapshot
from penstock.context.weights import BIAS, REASONS, SLOPE, WEIGHTS

_FILES = 50
_PER_FILE = 3


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the code."""

    path: str
    start: int
    """First line, from 1."""
    end: int
    """Last line."""
    symbol: str
    score: float
    confidence: float
    """How likely its file is what the question is about, from 0 to 1."""
    reasons: tuple[str, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question."""

    results: tuple[Hit, ...]
    files: tuple[str, ...]
    """Best first."""
    ms: float
    """Milliseconds that the question took, on a state that was in memory."""


class State:
    """One state of a repository, ready to be asked."""

    def __init__(self, snapshot: Snapshot, history: History, weights: Floats) -> None:
        self.snapshot = snapshot
        self.history = history
        self.graph = Graph(snapshot)
        self.weights = weights

    def search(self, text: str, k: int = 20) -> Found:
        """Return the `k` best places for a text, and the best files."""
        began = perf_counter()
        evidence = gather(self.snapshot, self.history, self.graph, reading.read(text))
        share = probabilities(evidence.columns, self.weights)
        order = np.argsort(-share, kind="stable")
        hits = self._places(evidence, share, order, k)
        return Found(
            results=tuple(hits),
            files=tuple(self.snapshot.paths[it] for it in order[: max(k, _FILES)]),
            ms=round((perf_counter() - began) * 1000, 3),
        )

    def _places(self, evidence: Evidence, share: Floats, order: Sequence[int], k: int) -> list[Hit]:
        """The best chunks of the best files: a file's second place counts half of its first, and so on."""
        ranked: list[tuple[float, int, int]] = []
        for file in order[:k]:
            low, high = self.snapshot.first_chunk[file], self.snapshot.first_chunk[file + 1]
            best = low + np.argsort(-evidence.chunks[low:high], kind="stable")[:_PER_FILE]
            top = evidence.chunks[best[0]] if len(best) else 0.0
            for place, chunk in enumerate(best):
                part = evidence.chunks[chunk] / top if top > 0 else 1.0
                if place == 0 or part > 0:
                    ranked.append((float(share[file] * part) * 0.5**place, int(file), int(chunk)))
        ranked.sort(key=lambda it: -it[0])
        return [self._hit(evidence, share, file, chunk, score) for score, file, chunk in ranked[:k]]

    def _hit(self, evidence: Evidence, share: Floats, file: int, chunk: int, score: float) -> Hit:
        place = self.snapshot.digests[file].places[chunk - self.snapshot.first_chunk[file]]
        return Hit(
            path=self.snapshot.paths[file],
            start=place.first,
            end=place.last,
            symbol=place.symbol,
            score=round(score, 6),
            confidence=round(confidence(float(share[file])), 4),
            reasons=self._reasons(evidence.columns[file]),
        )

    def _reasons(self, row: Floats) -> tuple[str, ...]:
        """What speaks most for a file, the strongest first."""
        gains = row * np.maximum(self.weights, 0.0)
        said: dict[str, float] = {}
        for name, gain in zip(NAMES, gains, strict=True):
            if name in REASONS and gain > 0:
                said[REASONS[name]] = said.get(REASONS[name], 0.0) + float(gain)
        return tuple(sorted(said, key=lambda it: -said[it])[:3])


def confidence(share: float) -> float:
    """Return how often files with that share were right, on questions that the weights had not seen."""
    share = min(max(share, 1e-6), 1 - 1e-6)
    return float(1 / (1 + np.exp(-(SLOPE * np.log(share / (1 - share)) + BIAS))))


def state_of(index: Index, revision: str | None) -> State:
    """Return a state ready to be asked, reading what is not known of it yet. Raises NoRepositoryError."""
    listing = index.listing(revision)
    index.fill(listing)
    index.remember(listing.commit)
    snapshot = index.snapshot(listing)
    return State(snapshot, History(index.past(listing.commit), snapshot.number), WEIGHTS)

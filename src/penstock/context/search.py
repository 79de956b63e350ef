"""Questions answered with places: the whole way from a text to ranked files and lines."""

from collections.abc import Sequence
from time import perf_counter

import msgspec
import numpy as np

from penstock.context import query as reading
from penstock.context.features import NAMES, Evidence, gather
from penstock.context.fusion import probabilities
from penstock.context.git import Commit
from penstock.context.graph import Graph
from penstock.context.history import History
from penstock.context.index import Index
from penstock.context.learned import Learned, anchor, learn, note_name
from penstock.context.query import Query
from penstock.context.replay import replay
from penstock.context.snapshot import Floats, Snapshot
from penstock.context.weights import BIAS, REASONS, SLOPE, WEIGHTS

_FILES = 50
"""Files that are named, at least, even if fewer places are asked for."""
_PER_FILE = 3
"""Places of one file."""
_AGAIN = 0.5
"""What a file's second place counts, as a share of its first; the third counts that of the second."""
_REASONS, _WORDS = 3, 5
"""Reasons beside the words, and words, that are told of a place."""
_UNSURE, _UNHEARD = 0.35, 0.3
"""Confidence and share of the question's rare words below which it is probably about something else."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the code."""

    path: str
    start: int
    """First line, from 1."""
    end: int
    """Last line."""
    symbol: str
    score: float
    """Comparable within one answer only."""
    confidence: float
    """How likely its file is what the question is about, from 0 to 1."""
    reasons: tuple[str, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question."""

    results: tuple[Hit, ...]
    files: tuple[str, ...]
    """Best first."""
    elsewhere: bool
    """Whether what is asked for is probably not in this repository."""
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
        if not self.snapshot.paths:
            return Found(results=(), files=(), elsewhere=True, ms=0.0)
        query = reading.read(text)
        evidence = gather(self.snapshot, self.history, self.graph, query)
        share = probabilities(evidence.columns, self.weights)
        order = [int(it) for it in np.argsort(-share, kind="stable")[: max(k, _FILES)]]
        return Found(
            results=tuple(
                self._hit(query, evidence, share, *it) for it in self._places(evidence, share, order[:k])[:k]
            ),
            files=tuple(self.snapshot.paths[it] for it in order),
            elsewhere=_is_elsewhere(evidence, confidence(float(share[order[0]]))),
            ms=round((perf_counter() - began) * 1000, 3),
        )

    def _places(
        self, evidence: Evidence, share: Floats, files: Sequence[int]
    ) -> list[tuple[float, int, int]]:
        """Score, file and chunk of the best places; a file's first place stands where the file does."""
        ranked: list[tuple[float, int, int]] = []
        for file in files:
            low, high = self.snapshot.first_chunk[file], self.snapshot.first_chunk[file + 1]
            scores = evidence.chunks[low:high]
            best = np.argsort(-scores, kind="stable")[:_PER_FILE]
            for place, chunk in enumerate(best):
                part = float(scores[chunk] / scores[best[0]]) if scores[best[0]] > 0 else float(place == 0)
                if part > 0:
                    ranked.append((float(share[file]) * part * _AGAIN**place, file, int(low + chunk)))
        return sorted(ranked, key=lambda it: -it[0])

    def _hit(
        self, query: Query, evidence: Evidence, share: Floats, score: float, file: int, chunk: int
    ) -> Hit:
        number = chunk - int(self.snapshot.first_chunk[file])
        place = self.snapshot.digests[file].places[number]
        return Hit(
            path=self.snapshot.paths[file],
            start=place.first,
            end=place.last,
            symbol=place.symbol,
            score=round(score, 6),
            confidence=round(confidence(float(share[file])), 4),
            reasons=(*self._words(query, evidence, file, number), *self._reasons(evidence.columns[file])),
        )

    def _words(self, query: Query, evidence: Evidence, file: int, number: int) -> tuple[str, ...]:
        """The most telling words of the question that a chunk says, in one reason."""
        digest = self.snapshot.digests[file]
        here = np.frombuffer(digest.chunks, np.uint16) == number
        terms = set(np.frombuffer(digest.terms, np.uint32)[here].tolist()) & evidence.telling.keys()
        telling = sorted(terms, key=lambda it: -evidence.telling[it])
        spelled = dict.fromkeys(query.spelled[it] for it in telling if it in query.spelled)
        return (f"says {', '.join(list(spelled)[:_WORDS])}",) if spelled else ()

    def _reasons(self, row: Floats) -> tuple[str, ...]:
        """What else speaks most for a file, the strongest first."""
        said: dict[str, float] = {}
        for name, value, weight in zip(NAMES, row, self.weights, strict=True):
            if name in REASONS and value * weight > 0:
                said[REASONS[name]] = said.get(REASONS[name], 0.0) + float(value * weight)
        return tuple(sorted(said, key=lambda it: -said[it])[:_REASONS])


def _is_elsewhere(evidence: Evidence, sure: float) -> bool:
    """Whether no file says much of what is asked, or none says anything."""
    heard = {
        name: float(evidence.columns[:, NAMES.index(name)].max()) for name in ("coverage", "body", "path")
    }
    return (sure < _UNSURE and heard["coverage"] < _UNHEARD) or not (heard["body"] or heard["path"])


def confidence(share: float) -> float:
    """Return how often files with that share were right, on questions that the weights had not seen."""
    share = min(max(share, 1e-6), 1 - 1e-6)
    return float(1 / (1 + np.exp(-(SLOPE * np.log(share / (1 - share)) + BIAS))))


def learned_for(index: Index, past: Sequence[Commit]) -> Learned:
    """Return what the repository's past taught before a state; it is worked out once and kept."""
    commit = anchor(past)
    if not commit:
        return learn([], WEIGHTS)
    kept = index.recall(note_name(commit))
    if kept is not None:
        return msgspec.msgpack.decode(kept, type=Learned)
    listing = index.listing(commit)
    index.fill(listing)
    snapshot = index.snapshot(listing)
    history = History(index.past(commit), snapshot.number)
    learned = learn(replay(snapshot, history, Graph(snapshot), WEIGHTS), WEIGHTS)
    index.keep(note_name(commit), msgspec.msgpack.encode(learned))
    return learned


def state_of(index: Index, revision: str | None) -> State:
    """Return a state ready to be asked, reading what is not known of it yet. Raises NoRepository."""
    listing = index.listing(revision)
    index.fill(listing)
    index.remember(listing.commit)
    past = index.past(listing.commit)
    snapshot = index.snapshot(listing)
    weights = np.array(learned_for(index, past).weights)
    return State(snapshot, History(past, snapshot.number), weights)

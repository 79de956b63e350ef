"""What speaks for each file, as numbers: one row per file, one column per kind of evidence."""

import re
from collections.abc import Mapping
from itertools import pairwise

import msgspec
import numpy as np

from penstock.context.graph import Graph
from penstock.context.history import History, Recall
from penstock.context.lexical import LOW_B, LOW_K1, PROSE, WHOLE, Matches, best_chunks
from penstock.context.query import Query
from penstock.context.snapshot import Flags, Floats, Snapshot
from penstock.context.words import STOP, parts, whole, words

NAMES = [
    "body",
    "prose",
    "chunk",
    "chunk_low",
    "title_body",
    "rare_body",
    "rare_chunk",
    "rare_title_chunk",
    "coverage",
    "path",
    "title_path",
    "identifier_defined",
    "identifier_used",
    "path_said",
    "stem_said",
    "folder_said",
    "module_said",
    "frame",
    "scope",
    "past",
    "past_sure",
    "past_recent",
    "past_rank",
    "spoken_title",
    "frequency",
    "fixes",
    "recent",
    "recency",
    "folder_past",
    "folder_fixes",
    "walk",
    "votes",
    "test",
    "example",
    "document",
    "other",
    "vendored",
    "script",
    "main_language",
    "entry",
    "definitions",
]
_AS_THEY_ARE = frozenset(
    [
        "coverage",
        "path_said",
        "stem_said",
        "folder_said",
        "module_said",
        "frame",
        "scope",
        "past_sure",
        "past_rank",
        "recency",
        "test",
        "example",
        "document",
        "other",
        "vendored",
        "script",
        "main_language",
        "entry",
        "definitions",
    ]
)
"""Columns that mean the same in every repository; the others become shares of their largest value."""
_ROUGH = {"body": 1.0, "chunk": 1.0, "past": 0.7, "identifier_defined": 0.5}
"""Weights of the first guess, from which the graph starts."""
_PAGE = 15
_MOST_SHARE = 1.5


class Evidence(msgspec.Struct, frozen=True):
    """All that speaks for the files of a snapshot, and the chunks' own scores."""

    columns: Floats
    """One row per file, one column per name in NAMES."""
    chunks: Floats
    telling: dict[int, float]
    """How much each term of the question tells, by its weight and rarity."""


def gather(snapshot: Snapshot, history: History, graph: Graph, query: Query, after: int = 0) -> Evidence:
    """Weigh every file. Commits before row `after` of the history are not looked at."""
    terms = list(query.terms)
    weights = np.array([query.terms[it] for it in terms])
    title = np.array([query.title_terms.get(it, 0.0) for it in terms])
    recall = Recall(history, terms, after)
    rarity = recall.rarity()
    found = Matches(snapshot, terms)
    columns, chunks = _lexical(snapshot, found, weights, title, rarity)
    columns |= _named(snapshot, query) | _said(snapshot, query) | _past(recall, weights, title)
    columns["scope"] = _scoped(snapshot, query)
    columns["path"] = _paths(snapshot, query.terms)
    columns["title_path"] = _paths(snapshot, query.title_terms)
    columns["past_rank"] = _ranked(columns["past"], snapshot.is_source)
    columns["folder_past"] = _spread(snapshot, columns["past"])
    columns["folder_fixes"] = _spread(snapshot, columns["fixes"])
    columns["walk"] = graph.walk(_page(_rough(snapshot, columns)))
    columns["votes"] = graph.votes(np.where(snapshot.facts["test"] > 0, columns["body"] ** 2, 0.0))
    columns |= snapshot.facts
    rows = [_scaled(name, columns[name], snapshot.facts["test"] == 0) for name in NAMES]
    telling = dict(zip(terms, (found.rarity * weights * rarity).tolist(), strict=True))
    return Evidence(np.stack(rows, axis=1), chunks, telling)


def _lexical(
    snapshot: Snapshot, found: Matches, weights: Floats, title: Floats, rarity: Floats
) -> tuple[dict[str, Floats], Floats]:
    """The words of the question and of its title; `rare` ones weigh by their rarity in messages too."""
    gains, low = found.chunk_gains(), found.chunk_gains(LOW_K1, LOW_B)
    chunks = found.chunks(weights, gains)
    title_chunks = found.chunks(title * rarity, gains)
    columns = {
        "body": found.files(weights, WHOLE),
        "prose": found.files(weights, PROSE),
        "title_body": found.files(title, WHOLE),
        "rare_body": found.files(weights * rarity, WHOLE),
        "chunk": best_chunks(snapshot, chunks),
        "chunk_low": best_chunks(snapshot, found.chunks(weights, low)),
        "rare_chunk": best_chunks(snapshot, found.chunks(weights * rarity, gains)),
        "rare_title_chunk": best_chunks(snapshot, title_chunks),
        "coverage": found.coverage(weights),
    }
    return columns, chunks + title_chunks


def _paths(snapshot: Snapshot, weights: Mapping[int, float]) -> Floats:
    """BM25 over the words of the paths."""
    out = np.zeros(len(snapshot.paths))
    total = len(snapshot.paths)
    for asked, weight in weights.items():
        found = snapshot.path_postings.get(asked)
        if found is not None:
            out[found] += weight * np.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
    return out / np.sqrt(snapshot.path_lengths)


def _scoped(snapshot: Snapshot, query: Query) -> Floats:
    """The share of the title's scope that a path says."""
    out = np.zeros(len(snapshot.paths))
    for asked in query.scope:
        found = snapshot.path_postings.get(asked)
        if found is not None:
            out[found] += 1 / len(query.scope)
    return out


def _named(snapshot: Snapshot, query: Query) -> dict[str, Floats]:
    """Names in the question that look like code: who defines them, who uses them."""
    number = len(snapshot.paths)
    defined, used = np.zeros(number), np.zeros(number)
    found = snapshot.postings([whole(word) for word in query.identifiers])
    files = snapshot.file_of[found.chunk]
    edges = np.searchsorted(found.term, np.arange(len(query.identifiers) + 1))
    for low, high in pairwise(edges):
        if high > low:
            users = np.unique(files[low:high])
            definers = np.unique(files[low:high][found.counts[low:high, 2] > 0])
            rarity = np.log(1 + number / (1 + len(users)))
            used[users] += rarity
            defined[definers] += rarity / max(1, len(definers)) ** 0.5
    return {"identifier_defined": defined, "identifier_used": used}


def _said(snapshot: Snapshot, query: Query) -> dict[str, Floats]:
    """Paths, modules, stems and frames that the question names outright."""
    number = len(snapshot.paths)
    out = {
        name: np.zeros(number) for name in ("path_said", "stem_said", "folder_said", "module_said", "frame")
    }
    for path in query.paths:
        for file in snapshot.ending(path):
            out["path_said"][file] = max(out["path_said"][file], min(1.0, 0.5 + 0.25 * path.count("/")))
    for module in query.modules:
        for file, share in snapshot.module(re.split(r"\.|::|#", module)):
            out["module_said"][file] = max(out["module_said"][file], share)
    for index, frame in enumerate(query.frames, 1):
        for file in snapshot.ending(frame.path):
            out["frame"][file] = index / len(query.frames)
    heard = {word.lower().strip("_") for word in words(query.text)} - STOP
    heard |= {part for word in heard for part in parts(word)}
    for word in heard:
        stems, within = snapshot.stems.get(word, ()), snapshot.folders.get(word, ())
        if len(stems):
            out["stem_said"][stems] = np.maximum(out["stem_said"][stems], 1.0 / len(stems) ** 0.5)
        if len(within):
            out["folder_said"][within] = np.maximum(
                out["folder_said"][within], 1.0 / (1 + np.log(len(within)))
            )
    return out


def _past(recall: Recall, weights: Floats, title: Floats) -> dict[str, Floats]:
    """What was done under similar words, and what is changed often or lately anyway."""
    scores = recall.similar(weights)
    voted = recall.vote(scores)
    return {
        "past": voted,
        "past_sure": voted / recall.most(weights),
        "past_recent": recall.vote(scores * recall.fading()),
        "spoken_title": recall.spoken(title),
        "frequency": np.sqrt(recall.frequency()),
        "fixes": np.sqrt(recall.frequency(fixes_only=True)),
        "recent": np.sqrt(recall.frequency(lately=True)),
        "recency": 1.0 / (1.0 + np.log1p(recall.since())),
    }


def _spread(snapshot: Snapshot, values: Floats) -> Floats:
    """What speaks for a folder's files, together, for each of them."""
    return np.sqrt(np.bincount(snapshot.folder_of, values**2)[snapshot.folder_of]) if len(values) else values


def _ranked(column: Floats, source: Flags) -> Floats:
    """The reciprocal of the rank among source files."""
    order = np.argsort(-np.where(source, column, -1.0), kind="stable")
    out = np.zeros(len(column))
    out[order] = 1.0 / (1.0 + np.arange(len(column)))
    return np.where(source & (column > 0), out, 0.0)


def _rough(snapshot: Snapshot, columns: Mapping[str, Floats]) -> Floats:
    """A first guess."""
    score = np.zeros(len(snapshot.paths))
    for name, weight in _ROUGH.items():
        most = columns[name].max(initial=0.0) if name in columns else 0.0
        if most > 0:
            score += weight * columns[name] / most
    return np.where(snapshot.is_source, score, score * 0.3) ** 3


def _page(scores: Floats) -> Floats:
    """The first page of results: the best keep their scores."""
    if len(scores) <= _PAGE:
        return scores
    return np.where(scores >= np.partition(scores, -_PAGE)[-_PAGE], scores, 0.0)


def _scaled(name: str, column: Floats, answers: Flags) -> Floats:
    """The column as shares of its largest value among what is not a test; facts stay as they are."""
    if name in _AS_THEY_ARE:
        return column
    most = column.max(where=answers, initial=0.0)
    return np.minimum(column / most, _MOST_SHARE) if most > 0 else np.zeros(len(column))

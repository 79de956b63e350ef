"""What speaks for each file, as numbers: one row per file, one column per kind of evidence."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import msgspec
import numpy as np

from penstock.context.digest import FIELDS
from penstock.context.graph import Graph
from penstock.context.history import History
from penstock.context.query import Query
from penstock.context.snapshot import Floats, Postings, Snapshot
from penstock.context.words import STOP, parts, term, words

K1, B = 1.2, 0.75


class Lexical(msgspec.Struct, frozen=True):
    """BM25 of one set of terms."""

    files: Floats
    """FIELDS columns: whole text, comments and strings, names defined."""
    chunks: Floats


def bm25(snapshot: Snapshot, postings: Postings, weights: Floats) -> Lexical:
    """Score files field by field, and chunks. Source: Robertson and Zaragoza, 2009."""
    number = len(snapshot.paths)
    files = np.zeros((number, FIELDS))
    if not len(postings.term):
        return Lexical(files, np.zeros(len(snapshot.file_of)))
    key = postings.term * number + snapshot.file_of[postings.chunk]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    counts = np.add.reduceat(postings.counts, first, axis=0)
    owner, file = key[first] // number, key[first] % number
    frequency = np.bincount(owner, minlength=len(weights))
    rarity = np.log(1 + (number - frequency + 0.5) / (frequency + 0.5)) * weights
    lengths = snapshot.file_lengths
    norm = K1 * (1 - B + B * lengths / np.maximum(lengths.mean(axis=0), 1.0))
    gains = counts * (K1 + 1) / (counts + norm[file]) * rarity[owner][:, None]
    for field in range(FIELDS):
        files[:, field] = np.bincount(file, gains[:, field], minlength=number)
    sizes = snapshot.lengths[:, 0]
    spread = K1 * (1 - B + B * sizes / max(float(sizes.mean()), 1.0))
    said = postings.counts @ np.array([1.0, 0.3, 2.0])
    points = said * (K1 + 1) / (said + spread[postings.chunk]) * rarity[postings.term]
    return Lexical(files, np.bincount(postings.chunk, points, minlength=len(snapshot.file_of)))


def best_chunks(snapshot: Snapshot, chunks: Floats) -> tuple[Floats, Floats]:
    """Return each file's best chunk, and how much its chunks come to together."""
    number = len(snapshot.paths)
    best = np.zeros(number)
    np.maximum.at(best, snapshot.file_of, chunks)
    return best, np.log1p(np.bincount(snapshot.file_of, chunks, minlength=number))


def path_scores(snapshot: Snapshot, weights: Mapping[int, float]) -> Floats:
    """Return BM25 over the words of the paths."""
    out = np.zeros(len(snapshot.paths))
    total = len(snapshot.paths)
    for asked, weight in weights.items():
        found = snapshot.path_postings.get(asked)
        if found:
            rarity = np.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
            out[found] += weight * rarity
    return out / np.sqrt(snapshot.path_lengths)


NAMES = (
    "body prose defined path chunk chunks "
    "title_body title_prose title_defined title_path title_chunk "
    "identifier_defined identifier_used identifier_stem "
    "path_said stem_said stem_title folder_said module_said frame frame_last "
    "past past_best past_title frequency fixes recent recency companion "
    "votes walk imported size definitions "
    "test example document other main_language entry legacy phrase"
).split()


class Evidence(msgspec.Struct, frozen=True):
    """All that speaks for the files of a snapshot, and the chunks' own scores."""

    columns: Floats
    """One row per file, one column per name in NAMES."""
    chunks: Floats


def gather(snapshot: Snapshot, history: History, graph: Graph, query: Query, after: int = 0) -> Evidence:
    """Weigh every file. Commits before row `after` of the history are not looked at."""
    columns: dict[str, Floats] = {}
    terms = list(query.terms)
    weights = np.array([query.terms[it] for it in terms])
    found = snapshot.postings(terms)
    whole = bm25(snapshot, found, weights)
    title_weights = np.array([query.title_terms.get(it, 0.0) for it in terms])
    title = bm25(snapshot, found, title_weights)
    columns |= _lexical(snapshot, whole, "") | _lexical(snapshot, title, "title_")
    columns["path"] = path_scores(snapshot, query.terms)
    columns["title_path"] = path_scores(snapshot, query.title_terms)
    columns |= _named(snapshot, query)
    columns |= _said(snapshot, query)
    columns |= _past(history, query, after)
    first = _rough(snapshot, columns)
    columns["companion"] = history.companions(first, after)
    tests = np.array([role == "test" for role in snapshot.roles])
    columns["votes"] = graph.votes(np.where(tests, columns["body"] ** 2, 0.0))
    columns["walk"] = graph.walk(_page(first))
    columns["imported"] = np.log1p(graph.indegree())
    columns |= _kinds(snapshot)
    matrix = np.stack([_scaled(name, columns[name], tests) if name in columns else np.zeros(len(snapshot.paths)) for name in NAMES], axis=1)
    return Evidence(matrix, whole.chunks + title.chunks)


_AS_THEY_ARE = frozenset(
    "test example document other main_language entry legacy size definitions imported recency "
    "path_said stem_said stem_title folder_said module_said".split()
)


def _scaled(name: str, column: Floats, tests: "np.ndarray") -> Floats:
    """The column as shares of its largest value outside tests; facts stay as they are."""
    if name in _AS_THEY_ARE or not len(column):
        return column
    most = column[~tests].max() if (~tests).any() else column.max()
    return np.minimum(column / most, 1.5) if most > 0 else np.zeros(len(column))


def _lexical(snapshot: Snapshot, scores: Lexical, prefix: str) -> dict[str, Floats]:
    best, total = best_chunks(snapshot, scores.chunks)
    out = {
        f"{prefix}body": scores.files[:, 0],
        f"{prefix}prose": scores.files[:, 1],
        f"{prefix}defined": scores.files[:, 2],
        f"{prefix}chunk": best,
    }
    return out if prefix else {**out, "chunks": total}


def _named(snapshot: Snapshot, query: Query) -> dict[str, Floats]:
    """Names in the query that look like code: who defines them, who uses them."""
    number = len(snapshot.paths)
    defined, used, stems = np.zeros(number), np.zeros(number), np.zeros(number)
    asked = [word for word in query.identifiers if len(parts(word)) > 0]
    terms = [term(word.strip("_").lower()) if len(parts(word)) > 1 else term(parts(word)[0]) for word in asked]
    if terms:
        found = snapshot.postings(terms)
        files = snapshot.file_of[found.chunk]
        for index, word in enumerate(asked):
            here = found.term == index
            users = np.unique(files[here])
            definers = np.unique(files[here & (found.counts[:, 2] > 0)])
            rarity = np.log(1 + number / (1 + len(users)))
            used[users] += rarity
            if len(definers):
                defined[definers] += rarity / len(definers) ** 0.5
            for file in snapshot.stems.get(word.strip("_").lower(), ()):
                stems[file] += 1.0
    return {"identifier_defined": defined, "identifier_used": used, "identifier_stem": stems}


def _said(snapshot: Snapshot, query: Query) -> dict[str, Floats]:
    """Paths, modules, stems and frames that the query names outright."""
    number = len(snapshot.paths)
    out = {name: np.zeros(number) for name in "path_said stem_said stem_title folder_said module_said frame frame_last".split()}
    for path in query.paths:
        for file in snapshot.ending(path):
            out["path_said"][file] = max(out["path_said"][file], min(1.0, 0.5 + 0.25 * path.count("/")))
    for module in query.modules:
        for file, share in snapshot.module(re.split(r"\.|::|#", module)):
            out["module_said"][file] = max(out["module_said"][file], share)
    for index, frame in enumerate(query.frames):
        for file in snapshot.ending(frame.path):
            out["frame"][file] += 1.0 / (len(query.frames) - index)
            out["frame_last"][file] = (index + 1) / len(query.frames)
    for name, text in (("stem_said", query.text), ("stem_title", query.title)):
        _say_stems(snapshot, text, out[name], out["folder_said"])
    return out


def _say_stems(snapshot: Snapshot, text: str, stems: Floats, folders: Floats) -> None:
    heard = {word.lower().strip("_") for word in words(text)} - STOP
    heard |= {part for word in heard for part in parts(word)}
    for word in heard:
        found = snapshot.stems.get(word, ())
        for file in found:
            stems[file] = max(stems[file], 1.0 / len(found) ** 0.5)
        within = snapshot.folders.get(word, ())
        for file in within:
            folders[file] = max(folders[file], 1.0 / (1 + np.log(len(within))))


def _past(history: History, query: Query, after: int) -> dict[str, Floats]:
    total, best = history.vote(history.similar(query.terms, after))
    by_title, _ = history.vote(history.similar(query.title_terms, after))
    return {
        "past": total,
        "past_best": best,
        "past_title": by_title,
        "frequency": np.sqrt(history.frequency(after)),
        "fixes": np.sqrt(history.frequency(after, fixes_only=True)),
        "recent": np.sqrt(history.frequency(after, half_life=40.0)),
        "recency": 1.0 / (1.0 + np.log1p(history.since(after))),
    }


def _rough(snapshot: Snapshot, columns: Mapping[str, Floats]) -> Floats:
    """A first guess that the graph starts from."""
    weights = {"body": 1.0, "chunk": 1.0, "title_defined": 0.5, "defined": 0.5, "past": 0.7, "identifier_defined": 0.5}
    score = np.zeros(len(snapshot.paths))
    for name, weight in weights.items():
        most = columns[name].max() if len(columns[name]) else 0.0
        if most > 0:
            score += weight * columns[name] / most
    source = np.array([role == "source" for role in snapshot.roles])
    return np.where(source, score, score * 0.3) ** 3


def _page(scores: Floats, length: int = 15) -> Floats:
    """The first page of results: the best `length` keep their scores."""
    if len(scores) <= length:
        return scores
    return np.where(scores >= np.partition(scores, -length)[-length], scores, 0.0)


def _kinds(snapshot: Snapshot) -> dict[str, Floats]:
    """Facts of the files that no query changes."""
    roles = snapshot.roles
    sizes = snapshot.file_lengths[:, 0]
    languages = snapshot.languages
    sources = [language for language, role in zip(languages, roles, strict=True) if role == "source"]
    main = max(set(sources), key=sources.count) if sources else ""
    return {
        **{kind: np.array([float(role == kind) for role in roles]) for kind in ("test", "example", "document", "other")},
        "main_language": np.array([float(it == main) for it in languages]),
        "entry": np.array([float(PurePosixPath(it).stem in {"__init__", "index", "mod", "doc"}) for it in snapshot.paths]),
        "size": np.log1p(sizes) / 10,
        "definitions": np.log1p(np.array([len(it.names) for it in snapshot.digests])) / 5,
    }

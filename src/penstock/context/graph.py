"""Which file imports which, from the statements as they stand, in any language."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from penstock.context.languages import language_of
from penstock.context.snapshot import Floats, Integers, Snapshot, summed

_QUOTED = re.compile(r"[\"'<]([^\"'<>\n]+)[\"'>]")
_NAME = re.compile(r"[A-Za-z_][\w]*(?:(?:\.|::|\\|/)[A-Za-z_*][\w]*)*")
_FROM = re.compile(r"from\s+(\.*)([\w.]*)\s+import\s+\(?([^#]*)", re.DOTALL)
_WORDS = frozenset(
    [
        "import",
        "from",
        "use",
        "pub",
        "crate",
        "self",
        "super",
        "as",
        "static",
        "using",
        "namespace",
        "require",
        "function",
        "const",
        "type",
        "extern",
    ]
)
_ENTRY = frozenset(["__init__", "index", "mod", "main", "lib"])
_MOST = 6
"""Files that one import may mean; more is a name that says nothing."""


class Graph:
    """Edges between the files of a snapshot, importer -> imported."""

    def __init__(self, snapshot: Snapshot) -> None:
        resolve = Resolver(snapshot.paths)
        pairs = {
            (source, target)
            for source, (path, made) in enumerate(zip(snapshot.paths, snapshot.digests, strict=True))
            for statement in made.imports
            for target in resolve.statement(path, statement)
            if target != source
        }
        ordered = sorted(pairs)
        self.source: Integers = np.array([a for a, _ in ordered], np.int64)
        self.target: Integers = np.array([b for _, b in ordered], np.int64)
        self._size = len(snapshot.paths)

    def walk(self, seeds: Floats, damping: float = 0.6, rounds: int = 12, back: float = 0.5) -> Floats:
        """Personalised PageRank from `seeds`; an edge counts `back` against its direction."""
        total = seeds.sum()
        if not total:
            return seeds
        start: Floats = seeds / total
        if not len(self.source):
            return start
        tails = np.concatenate([self.source, self.target])
        heads = np.concatenate([self.target, self.source])
        weights = np.concatenate([np.ones(len(self.source)), np.full(len(self.source), back)])
        out = summed(tails, weights, self._size)
        share = weights / out[tails]
        rank = start
        for _ in range(rounds):
            moved = summed(heads, rank[tails] * share, self._size)
            stays = rank * (out == 0)
            rank = (1 - damping) * start + damping * (moved + stays)
        return rank

    def votes(self, scores: Floats) -> Floats:
        """Return what the importers' scores, shared among what each imports, come to for each file."""
        if not len(self.source):
            return np.zeros(self._size)
        out = np.bincount(self.source, minlength=self._size)
        return summed(self.target, scores[self.source] / out[self.source], self._size)


class Resolver:
    """Finds the files that an import statement means, by the ends of paths."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._ends: Mapping[str, list[int]] = defaultdict(list)
        self._folders: Mapping[str, list[int]] = defaultdict(list)
        self._paths = paths
        for index, path in enumerate(paths):
            for key in _keys(path):
                self._ends[key].append(index)
            if path.endswith(".go") and not path.endswith("_test.go"):
                self._folders[PurePosixPath(path).parent.name].append(index)

    def statement(self, path: str, statement: str) -> Iterable[int]:
        """Yield the files that a statement in the file at `path` means."""
        language = language_of(path)
        if language == "python":
            candidates = _python(path, statement)
        elif language == "go":
            yield from self._go(statement)
            return
        else:
            candidates = _general(path, statement)
        for names in candidates:
            yield from self._first(path, names)

    def _first(self, path: str, names: Sequence[str]) -> Sequence[int]:
        """The files of the longest beginning of `names` that means some; they may end in a symbol."""
        for length in (len(names), len(names) - 1):
            if length < 1:
                break
            for start in range(min(length, 3)):
                key = "/".join(names[start:length])
                found = self._ends.get(key, ())
                if found and len(found) <= _MOST and (length - start > 1 or len(names) <= 2):
                    return self._nearest(path, found)
        return ()

    def _nearest(self, path: str, found: Sequence[int]) -> Sequence[int]:
        top = path.partition("/")[0]
        same = [it for it in found if PurePosixPath(self._paths[it]).suffix == PurePosixPath(path).suffix]
        near = [it for it in same or found if self._paths[it].partition("/")[0] == top]
        return near or same or found

    def _go(self, statement: str) -> Sequence[int]:
        quoted = _QUOTED.search(statement)
        name = quoted[1].rpartition("/")[2] if quoted and "." in quoted[1].partition("/")[0] else ""
        return self._folders.get(name, ()) if name else ()


def _keys(path: str) -> Iterable[str]:
    """The names under which a path may be imported: each of its ends, without what is understood."""
    pure = PurePosixPath(path)
    names = [*pure.parts[:-1], pure.name.split(".")[0]]
    if names[-1] in _ENTRY and len(names) > 1:
        names.pop()
    for start in range(len(names)):
        yield "/".join(names[start:])


def _python(path: str, statement: str) -> Iterable[Sequence[str]]:
    match = _FROM.match(statement)
    if match is None:
        for name in _NAME.findall(statement):
            if name not in _WORDS:
                yield name.split(".")
        return
    dots, module, names = match.groups()
    base = list(PurePosixPath(path).parts[: -len(dots)]) if dots else []
    stem = [*base, *filter(None, module.split("."))]
    for name in re.findall(r"[\w*]+(?:\s+as\s+\w+)?", names):
        yield [*stem, name.split()[0]]


def _general(path: str, statement: str) -> Iterable[Sequence[str]]:
    quoted = _QUOTED.findall(statement)
    if quoted:
        yield from (_relative(path, it) for it in quoted)
        return
    for name in _NAME.findall(statement):
        if name not in _WORDS:
            names = [it for it in re.split(r"\.|::|\\|/", name) if it not in _WORDS and it != "*"]
            if names:
                yield names


def _relative(path: str, target: str) -> Sequence[str]:
    """A quoted path, taken from the importer's folder when it begins with a dot."""
    names = list(PurePosixPath(path).parts[:-1]) if target.startswith(".") else []
    for part in target.split("/"):
        if part == "..":
            names = names[:-1]
        elif part not in ("", "."):
            names.append(part.split(".")[0] if part != target or "." in part else part)
    if names and names[-1] in _ENTRY and len(names) > 1:
        names.pop()
    return names

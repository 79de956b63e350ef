"""A repository's own past as exercises: what a fixing commit said, and which files it changed.

Each exercise is solved with the commits before it only. The files are those of one state, so what was
renamed since is followed, and what was deleted since is left out.
"""

from collections.abc import Iterator

import numpy as np

from penstock.context import query as reading
from penstock.context.features import gather
from penstock.context.fusion import Case, probabilities
from penstock.context.graph import Graph
from penstock.context.history import History, is_fix
from penstock.context.snapshot import Floats, Snapshot
from penstock.context.words import STOP, words

_FEWEST_WORDS = 4
_MOST_FILES = 3
_KEPT = 50
"""Files that a case keeps: those that the prior weights place first, and the right ones."""


def exercises(history: History, snapshot: Snapshot, most: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield (row, right files) of the newest fixing commits that changed one to three source files."""
    found = 0
    for row, (commit, touched) in enumerate(zip(history.commits, history.touched, strict=True)):
        right = tuple(file for file in touched if snapshot.roles[file] in ("source", "script", "vendored"))
        said = [word for word in words(commit.message) if word.lower() not in STOP]
        if is_fix(commit.message) and 0 < len(right) <= _MOST_FILES and len(said) >= _FEWEST_WORDS:
            yield row, right
            found += 1
            if found == most:
                return


def replay(snapshot: Snapshot, history: History, graph: Graph, prior: Floats, most: int = 60) -> list[Case]:
    """Return the cases of the newest exercises, newest first."""
    cases = []
    for row, files in exercises(history, snapshot, most):
        query = reading.read(history.commits[row].message)
        columns = gather(snapshot, history, graph, query, after=row + 1).columns
        right = np.zeros(len(columns), bool)
        right[list(files)] = True
        order = np.argsort(-probabilities(columns, prior), kind="stable")[:_KEPT]
        kept = np.union1d(order, np.flatnonzero(right))
        cases.append(Case(columns[kept].astype(np.float32), right[kept]))
    return cases

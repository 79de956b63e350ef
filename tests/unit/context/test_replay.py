"""A repository's past as exercises."""

import numpy as np

from penstock.context.graph import Graph
from penstock.context.history import History
from penstock.context.replay import exercises, replay
from penstock.context.weights import WEIGHTS


def filled(repository, index):
    repository.commit(
        "add the session signer", {"a.py": "def sign_cookie(): ...\n", "t/tests/test_a.py": "x\n"}
    )
    repository.commit(
        "fix crash of the walrus parser", {"b.py": "def parse_walrus(): ...\n", "docs/x.md": "x\n"}
    )
    repository.commit("fix typo", {"b.py": "def parse_walrus(): pass\n"})
    head = repository.commit("fix wrong cookie signature check", {"a.py": "def sign_cookie(): pass\n"})
    listing = index.listing(head)
    index.fill(listing)
    index.remember(head)
    snapshot = index.snapshot(listing)
    return snapshot, History(index.past(head), snapshot.number)


def test_exercises_are_fixing_commits_that_say_enough(repository, index):
    """The newest come first; tests and documents are no answers; two words are no question."""
    snapshot, history = filled(repository, index)
    found = [(row, [snapshot.paths[it] for it in right]) for row, right in exercises(history, snapshot, 10)]
    assert found == [(0, ["a.py"]), (2, ["b.py"])]
    assert len(list(exercises(history, snapshot, 1))) == 1


def test_a_case_does_not_know_its_own_commit(repository, index):
    """The evidence from history is that before the exercise."""
    snapshot, history = filled(repository, index)
    first, last = replay(snapshot, history, Graph(snapshot), WEIGHTS)
    assert first.right.sum() == 1
    assert np.isfinite(first.columns).all()
    assert last.columns.shape == (len(last.right), len(WEIGHTS))

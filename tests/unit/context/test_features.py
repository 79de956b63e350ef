"""What speaks for each file."""

import numpy as np
import pytest

from penstock.context.features import NAMES, gather
from penstock.context.graph import Graph
from penstock.context.history import History
from penstock.context.query import read

FILES = {
    "src/app/sessions.py": (
        "import app.keys\n\ndef sign_cookie(value):\n    # keep the signature short\n    return value\n"
    ),
    "src/app/keys.py": "SECRET = 'x'\n\ndef load_keys():\n    return SECRET\n",
    "src/app/other.py": "def unrelated():\n    return 1\n",
    "tests/test_sessions.py": (
        "from app.sessions import sign_cookie\n\ndef test_sign():\n    assert sign_cookie(1)\n"
    ),
}


@pytest.fixture
def column(repository, index):
    """A function from a question to one column, by path."""
    repository.commit("add keys and sessions", FILES)
    repository.write({"src/app/keys.py": FILES["src/app/keys.py"] + "# rotated\n"})
    head = repository.commit("fix rotation of walrus material")
    listing = index.listing(head)
    index.fill(listing)
    index.remember(head)
    snapshot = index.snapshot(listing)
    history, graph = History(index.past(head), snapshot.number), Graph(snapshot)

    def of(question: str, name: str, after: int = 0) -> dict[str, float]:
        found = gather(snapshot, history, graph, read(question), after).columns[:, NAMES.index(name)]
        return dict(zip(snapshot.paths, found.tolist(), strict=True))

    return of


@pytest.mark.parametrize(
    ("name", "question", "expected"),
    [
        ("body", "the signature is short", "src/app/sessions.py"),
        ("prose", "the signature is short", "src/app/sessions.py"),
        ("chunk", "loading keys", "src/app/keys.py"),
        ("identifier_defined", "`load_keys()` fails", "src/app/keys.py"),
        ("path", "keys are lost", "src/app/keys.py"),
        ("stem_said", "in keys something is off", "src/app/keys.py"),
        ("path_said", "see app/other.py please", "src/app/other.py"),
        ("module_said", "app.keys.load_keys is slow", "src/app/keys.py"),
        ("scope", "app/keys: rotate them", "src/app/keys.py"),
        ("frame", 'File "/x/app/other.py", line 1, in unrelated', "src/app/other.py"),
        ("past", "walrus material", "src/app/keys.py"),
        ("fixes", "anything", "src/app/keys.py"),
        ("walk", "sign cookie", "src/app/sessions.py"),
        ("votes", "test sign cookie", "src/app/sessions.py"),
    ],
)
def test_each_kind_of_evidence_points_at_its_file(column, name, question, expected):
    """The column is largest for the file that the question is about."""
    found = column(question, name)
    assert found[expected] > 0
    assert max((it for it in found if not it.startswith("tests/")), key=lambda it: found[it]) == expected


def test_commits_before_the_given_row_are_not_looked_at(column):
    """A replayed commit does not see itself."""
    assert column("walrus material", "past", after=1)["src/app/keys.py"] == 0


def test_nothing_asked_is_no_evidence(column):
    """An empty question gives facts only, and no numbers that are none."""
    found = column("", "body")
    assert set(found.values()) == {0.0}
    assert np.isfinite(list(column("", "walk").values())).all()

"""A state in memory."""

import pytest

from penstock.chunkers import Chunkers
from penstock.context.digest import digest
from penstock.context.languages import language_of
from penstock.context.snapshot import Snapshot
from penstock.context.words import term

FILES = {
    "src/app/sessions.py": (
        "def sign(cookie):\n    return cookie\n\n\ndef verify(cookie):\n    return cookie\n"
    ),
    "src/app/__init__.py": "",
    "tests/test_sessions.py": "from app.sessions import sign\n",
    "pkg/test/client.py": "class Client: ...\n",
    "docs/sessions.md": "# Sessions\n\nAbout the cookie.\n",
}


@pytest.fixture(scope="module")
def snapshot():
    chunkers = Chunkers()
    made = [digest(text.encode(), language_of(path), chunkers, len) for path, text in FILES.items()]
    return Snapshot(list(FILES), made)


def test_postings_name_term_chunk_and_counts(snapshot):
    """Asked terms are answered in their order; one that stands nowhere has no rows."""
    found = snapshot.postings([term("nowhere"), term("cooki"), term("sign")])
    assert set(found.term) == {1, 2}
    assert {snapshot.paths[it] for it in snapshot.file_of[found.chunk[found.term == 1]]} == {
        "src/app/sessions.py",
        "docs/sessions.md",
    }
    assert found.counts[found.term == 2][0].tolist() == [1, 0, 1]


def test_roles_and_facts(snapshot):
    """What a file is for is known; where tests are apart, `pkg/test` is source."""
    assert snapshot.roles == ["source", "source", "test", "source", "document"]
    assert snapshot.facts["main_language"].tolist() == [1, 1, 1, 1, 0]
    assert snapshot.facts["entry"].tolist() == [0, 1, 0, 0, 0]


def test_the_longest_common_end_of_a_path_wins(snapshot):
    """A path from a traceback means the file whose path ends most like it."""
    assert snapshot.ending("/usr/lib/site-packages/app/sessions.py") == [0]
    assert snapshot.ending("C:\\app\\SESSIONS.py") == [0]
    assert list(snapshot.ending("/")) == []


def test_a_name_that_many_files_have_means_none():
    """`__init__.py` alone says nothing."""
    found = Snapshot([f"p{n}/__init__.py" for n in range(9)], [digest(b"", "python", Chunkers(), len)] * 9)
    assert list(found.ending("__init__.py")) == []


def test_dotted_names_mean_modules(snapshot):
    """The last names may be a symbol of the module."""
    assert snapshot.module(["app", "sessions", "sign"])[0][0] == 0
    assert [it for it, _ in snapshot.module(["os", "path"])] == []


def test_an_empty_state(snapshot):
    """A repository without files can be laid out."""
    empty = Snapshot([], [])
    assert empty.postings([1]).term.tolist() == []
    assert empty.mean_chunk == 1.0

"""Questions are answered with places."""

import msgspec
import pytest

from penstock.context import learned as learning
from penstock.context.git import NoRepository
from penstock.context.search import confidence, learned_for, state_of

FILES = {
    "src/app/sessions.py": (
        "def sign_cookie(value):\n    return value\n\n\ndef verify_cookie(value):\n    return value\n"
    ),
    "src/app/keys.py": "def load_keys():\n    return []\n",
    "README.md": "# App\n\nSigns cookies.\n",
}


def test_the_right_place_comes_first_with_lines_symbol_and_reasons(repository, index):
    """A hit says where, how sure, and why; the files begin with the same file."""
    repository.commit("one", FILES)
    found = state_of(index, "HEAD").search("verify_cookie accepts an expired cookie", 5)
    best = found.results[0]
    assert (best.path, best.start, best.end, best.symbol) == ("src/app/sessions.py", 5, 6, "verify_cookie")
    assert 0 < best.confidence <= 1
    assert best.reasons
    assert found.files[0] == best.path
    assert found.ms > 0


def test_an_answer_is_json(repository, index):
    """Numbers are plain numbers."""
    repository.commit("one", FILES)
    answer = msgspec.json.decode(msgspec.json.encode(state_of(index, None).search("cookie", 3)))
    assert set(answer) == {"results", "files", "elsewhere", "ms"}
    assert len(answer["results"]) <= 3


def test_nothing_of_a_later_commit_is_found(repository, index):
    """A state of an earlier commit knows neither later files nor later messages."""
    first = repository.commit("one", FILES)
    repository.commit(
        "walrus walrus walrus", {"src/app/keys.py": "def walrus(): ...\n", "src/walrus.py": "x = 1\n"}
    )
    index.remember("HEAD")
    state = state_of(index, first)
    assert "src/walrus.py" not in state.search("walrus").files
    assert [it.message for it in state.history.commits] == ["one"]


def test_a_question_about_something_else_is_told_apart(repository, index):
    """What no file speaks of is probably not in this repository."""
    repository.commit("one", {f"src/m{n}.py": f"def f{n}():\n    return {n}\n" for n in range(12)})
    assert state_of(index, None).search("quantum entanglement photon laser zebra").elsewhere
    assert not state_of(index, None).search("where is `f3` defined in m3").elsewhere


def test_an_empty_repository_has_no_answers(repository, index):
    """Nothing is found, and nothing fails."""
    repository.commit("nothing")
    found = state_of(index, None).search("anything")
    assert (found.results, found.files) == ((), ())
    with pytest.raises(NoRepository):
        state_of(index, "beef")


def test_what_was_learned_is_kept_at_its_commit(repository, index, monkeypatch):
    """Commits after the anchor take what was learned there; it is worked out once."""
    monkeypatch.setattr(learning, "STEP", 1)
    for number in range(5):
        head = repository.commit(f"fix the broken cookie check number {number}", {"a.py": f"x = {number}\n"})
    index.remember(head)
    past = index.past(head)
    found = learned_for(index, past)
    assert index.recall(learning.note_name(past[0].id)) is not None
    assert learned_for(index, past) == found
    assert found.cases == 5


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.0)])
def test_confidence_grows_with_the_share(low, high):
    """It stays between none and all."""
    assert 0 < confidence(low) < confidence(high) < 1

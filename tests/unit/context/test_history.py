"""What past commits tell."""

import numpy as np

from penstock.context.git import Commit
from penstock.context.history import History, Recall, is_fix, message_terms
from penstock.context.words import term

NUMBER = {"new.py": 0, "b.py": 1, "c.py": 2}


def commit(name: str, message: str, *changes: tuple[str, str, str]) -> Commit:
    return Commit(name, 0, message, changes)


PAST = [
    commit("4", "polish the cookie parser", ("M", "b.py", "")),
    commit("3", "rename", ("R", "new.py", "old.py")),
    commit("2", "fix crash in the session signer", ("M", "old.py", ""), ("M", "c.py", "")),
    commit("1", "remove what was there", ("D", "gone.py", ""), ("M", "elsewhere.py", "")),
    commit("0", "session signer", ("A", "old.py", "")),
]


def recall(words: str, after: int = 0) -> Recall:
    return Recall(History(PAST, NUMBER), [term(it) for it in words.split()], after)


def test_renames_are_followed_back():
    """What a file was called before counts for it."""
    history = History(PAST, NUMBER)
    assert [it.id for it in history.commits] == ["4", "3", "2", "0"]
    assert history.touched == [(1,), (0,), (0, 2), (0,)]


def test_similar_commits_vote_for_their_files():
    """A commit that says the same words speaks for what it touched, more for a file it touched alone."""
    asked = recall("session signer")
    votes = asked.vote(asked.similar(np.ones(2)))
    assert votes[0] > votes[2] > 0
    assert votes[1] == 0


def test_newer_commits_can_be_left_out():
    """Nothing before the given row is looked at: not its words, not its files."""
    asked = recall("cookie", after=1)
    assert asked.similar(np.ones(1)).max() == 0
    assert asked.frequency()[1] == 0
    assert asked.since()[1] == len(History(PAST, NUMBER).commits) + 1


def test_frequency_counts_fixes_and_the_last_weeks_apart():
    """Old touches count less, and only fixes where asked."""
    asked = recall("session")
    assert asked.frequency()[0] > asked.frequency(fixes_only=True)[0] > 0
    assert asked.frequency(fixes_only=True)[1] == 0
    assert asked.frequency(lately=True)[0] < asked.frequency()[0]


def test_since_is_the_number_of_commits_since_the_last_touch():
    """The newest touch decides."""
    assert recall("x").since().tolist() == [1, 0, 2]


def test_what_was_said_of_a_file_is_one_document():
    """All messages of a file together are searched."""
    assert recall("crash").spoken(np.ones(1)).argmax() in (0, 2)


def test_rarity_is_one_while_there_are_few_commits():
    """A short past tells nothing of what is rare."""
    assert recall("session").rarity().tolist() == [1]


def test_rarity_falls_with_what_is_said_often():
    """A word of every message tells nothing."""
    many = [commit(str(n), "fix thing" + (" walrus" if n == 3 else ""), ("M", "b.py", "")) for n in range(30)]
    often, once = Recall(History(many, NUMBER), [term("fix"), term("walrus")]).rarity()
    assert often < 0.02
    assert once > 0.7


def test_no_past_at_all():
    """A repository without history has no votes."""
    asked = Recall(History([], NUMBER), [term("x")])
    assert asked.vote(asked.similar(np.ones(1))).tolist() == [0, 0, 0]
    assert asked.spoken(np.ones(1)).tolist() == [0, 0, 0]


def test_wide_commits_say_nothing():
    """A commit over many files is left out."""
    number = {f"f{n}": n for n in range(40)}
    wide = commit("w", "format everything", *(("M", path, "") for path in number))
    assert History([wide], number).commits == []


def test_what_is_a_fix():
    """A commit says so itself."""
    assert is_fix("Fixed a crash")
    assert not is_fix("Add a feature")


def test_trailers_are_no_words():
    """Who signed a commit does not matter."""
    assert message_terms("walrus\n\nSigned-off-by: Penguin") == {term("walrus"): 1}

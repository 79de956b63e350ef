"""Reasons not to serve one request another's answer."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.gateway.vetoes import VETOES, unmatched, veto
from penstock.gateway.wording import LONGEST, read


def against(one: str, other: str) -> str | None:
    return veto(read(one), read(other))


DIFFERENT = [
    ("length", "How are you?", "How was it?"),
    ("length", "sort " * LONGEST, "sort " * LONGEST + "dogs"),
    ("context", "What is the name of plants?", "What is the name of this plant?"),
    ("person", "What are the chances I could win?", "What are chances that I could win?"),
    ("language", "Sort a list", "Отсортируй список"),
    ("version", "How do I update to Java 8.1.2?", "How do I update to Java 8.1.3?"),
    ("number", "Which phone is best under 50,000?", "Which phone is best under 40,000?"),
    ("number", "Execute date every 2 seconds", "Execute date every ten seconds"),
    ("unit", "find files larger than 9kB", "find files larger than 9MB"),
    ("path", "change the owner of /tmp to root", "change the owner of /var to root"),
    ("flag", "Execute ls -l", "Execute ls -a"),
    ("identifier", "count lines in myfile.txt", "count lines in other.txt"),
    ("quoted", 'search for "aaa" in all files', 'search for "bbb" in all files'),
    (
        "symbol",
        "What is the difference between () and [] in Python?",
        "What is the difference between = and == in Python?",
    ),
    ("negation", "Why can I sell gold?", "Why can't I sell gold?"),
    ("negation", "How do I sort dogs?", "How do I sort without dogs?"),
    ("opposite", "How do I enable logging?", "How do I disable logging?"),
    ("question", "How do I sell gold?", "Can I sell gold?"),
    ("question", "Sell gold? Why?", "Sell gold?"),
    ("tense", "Who will win gold?", "Who did win gold?"),
    ("name", "What is the weather in Berlin?", "What is the weather in Oslo?"),
    ("word", "What is a salary of engineers?", "What is a salary of software engineers?"),
    ("word", "How do I test code?", "How do I test test code?"),
    ("article", "What is the activation energy?", "What is activation energy?"),
    ("order", "Are cats afraid of tigers?", "Are tigers afraid of cats?"),
    ("order", "How do I travel from Rome to Bonn?", "How do I travel to Rome from Bonn?"),
    ("order", "Is there life after death?", "Is there death after life?"),
    ("order", "copy 'x' over 'y'", "copy 'y' over 'x'"),
    ("order", "change mode 7 for 5 dogs", "change mode for 5, 7 dogs"),
    ("order", "How do I work for Google?", "How do I work with Google?"),
    ("order", "rename foo to bar", "rename bar to foo"),
    ("order", "set x to 5 and y to 6", "set x to 6 and y to 5"),
    ("order", "find tall dogs near red cats", "find red dogs near tall cats"),
    ("quoted", "replace 'users' by 3", "replace 'user' by 3"),
    ("joined", "find dogs or cats", "find dogs, cats"),
    ("joined", "Which is best: tea and milk?", "Which is best: tea or milk?"),
]


@pytest.mark.parametrize(("name", "one", "other"), DIFFERENT)
def test_what_changes_the_answer_is_named(name, one, other):
    """Each kind of difference has its veto, and it speaks both ways."""
    assert against(one, other) == name
    assert against(other, one) == name


@pytest.mark.parametrize("line", (Path(__file__).parent / "different.tsv").read_text().splitlines())
def test_like_requests_with_other_answers_are_kept_apart(line):
    """Two requests a line: roles swapped, a parameter changed, a sense turned round."""
    one, other = line.split("\t")
    assert against(one, other) is not None


def test_each_veto_is_shown():
    """No veto is without an example."""
    assert {name for name, _, _ in DIFFERENT} == {name for name, _ in VETOES}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How can I sell gold?", "What is the best way to sell gold?"),
        ("How to reverse a list in Java?", "how do I reverse lists in java"),
        ("What is the difference between tea and milk?", "What's the difference between milk and tea?"),
        ("Find all files in /etc named 'passwd'", "Search the /etc directory for files named passwd"),
        ("Find *.texi files in /usr/local/doc", "Search the /usr/local/doc directory tree for .texi files"),
        ("Which laptop is best under 40000?", "What are the best laptops under 40,000?"),
        ("Install docker", "How do I install docker?"),
        ("copy of 'x' in /a to /b", "copy to /b in /a of 'x'"),
        ("Delete the file a.txt", "remove a.txt"),
    ],
)
def test_what_only_sounds_different_passes(one, other):
    """Rewording, moved phrases and swapped lists are no reason."""
    assert against(one, other) is None


def test_unmatched_words_are_told_by_side():
    """First what only the first says, then what only the second does."""
    assert unmatched(read("sort dogs"), read("sort cats")) == ({"dog"}, {"cat"})


SENTENCES = [
    "How do I keep the last {} lines of a log?",
    "delete all backups older than {} days",
    "Find all files larger than {} MB in /var/log",
    "What is the best phone under {} dollars?",
    "Can {} threads share one lock?",
]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(SENTENCES), st.integers(0, 99_999), st.integers(0, 99_999))
def test_another_number_is_never_served(sentence, one, other):
    """Whatever the sentence, numbers must be equal."""
    assert (against(sentence.format(one), sentence.format(other)) is None) == (one == other)


IDENTIFIERS = st.from_regex(r"[a-z]{2,8}_[a-z0-9]{1,6}", fullmatch=True)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from(
        ["How do I call {} in a loop?", "rename {} to total", "Why is {} slow?", "grep for '{}'"]
    ),
    IDENTIFIERS,
    IDENTIFIERS,
)
def test_another_identifier_is_never_served(sentence, one, other):
    """Whatever the sentence, identifiers must be equal."""
    assert (against(sentence.format(one), sentence.format(other)) is None) == (one == other)

"""Requests as tokens."""

import pytest

from penstock.gateway.phrases import framed, same, stem, tokens_of


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.key) for token in tokens_of(text)]


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("files", "fil"),
        ("classes", "class"),
        ("queries", "query"),
        ("stopped", "stop"),
        ("selling", "sell"),
        ("running", "run"),
        ("windows", "windows"),
        ("bus", "bus"),
        ("sed", "sed"),
        ("rings", "ring"),
        ("größen", "größen"),
        ("owl", "owl"),
        ("boxes", "box"),
    ],
)
def test_endings_are_dropped(word, root):
    """Plurals and verbs lose their endings; words that only look like them do not."""
    assert stem(word) == root


def test_words_that_say_the_same_have_one_key():
    """directory and folders are one, in any number."""
    assert same("directories") == same("folder") == same("dirs")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v2.14.1", [("version", "2.14.1")]),
        ("1,000,000", [("number", "1000000")]),
        ("40k", [("number", "40000")]),
        ("1.5k", [("number", "1.5"), ("unit", "k")]),
        ("$800", [("number", "800"), ("unit", "usd")]),
        ("-5", [("number", "-5")]),
        ("50%", [("number", "50"), ("unit", "percent")]),
        ("10MB", [("number", "10"), ("unit", "mb")]),
        ("3rd", [("number", "3th")]),
        ("seven days", [("number", "7"), ("unit", "day")]),
        ("--no-cache", [("flag", "--no-cache")]),
        ("-R", [("flag", "-R")]),
        ("*.txt", [("identifier", "txt")]),
        (".txt", [("identifier", "txt")]),
        ("./src/", [("path", "src")]),
        ("/", [("symbol", "/")]),
        ("~/foo", [("path", "~/foo")]),
        ("httpd.conf", [("identifier", "httpd.conf")]),
        ("getUserName", [("identifier", "getusername")]),
        ("C++", [("identifier", "c++")]),
        ("==", [("symbol", "==")]),
        ("?!", []),
        ("?", []),
        ("dog/cat", [("word", "dog"), ("word", "cat")]),
        ("Apple's", [("word", "appl")]),
        ("well,now", [("word", "well"), ("word", "now")]),
        ("src/a", [("path", "src/a")]),
        ("b = c", [("identifier", "b"), ("symbol", "="), ("identifier", "c")]),
        ("is it I?", [("word", "is"), ("word", "it"), ("word", "i")]),
        ("5!", [("symbol", "!"), ("number", "5")]),
        ("cp b a", [("word", "cp"), ("identifier", "b"), ("identifier", "a")]),
        ("a dog", [("word", "a"), ("word", "dog")]),
        ("vitamin A", [("word", "vitamin"), ("identifier", "A")]),
        ("in May", [("word", "in"), ("identifier", "May")]),
        ("IT", [("identifier", "IT")]),
        ("in the US", [("word", "in"), ("word", "the"), ("word", "usa")]),
    ],
)
def test_each_piece_is_what_it_looks_like(text, expected):
    """Numbers, units, versions, flags, paths, identifiers and symbols are told from words."""
    assert kinds(text) == expected


def test_quoted_text_is_marked():
    """What stands in quotes is known to."""
    assert [token.quoted for token in tokens_of('say "no" or `yes\' now')] == [
        False,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the best way to cook rice?", "how do one cook rice?"),
        ("I can't", "I can not"),
        ("Is it possible to fly?", "can i fly?"),
        ("May I fly?", "can I fly?"),
    ],
)
def test_ways_of_asking_are_said_in_one_way(text, expected):
    """A frame around the question does not make another question."""
    assert framed(text) == expected

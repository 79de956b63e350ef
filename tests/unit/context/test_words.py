"""Text as terms."""

import pytest

from penstock.context.words import all_terms, parts, stem, term, terms, whole, words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("getURLFor_x1", ("get", "url", "for", "x", "1")),
        ("HTTPServer", ("http", "server")),
        ("snake_case_name", ("snak", "cas", "nam")),
        ("plain", ("plain",)),
    ],
)
def test_identifiers_are_taken_apart(word, expected):
    """Camel case, snake case and numbers are boundaries; parts are lower case and stemmed."""
    assert parts(word) == expected


@pytest.mark.parametrize("word", ["handle", "handles", "handled", "handling"])
def test_forms_of_one_word_are_one(word):
    """Plurals and verb endings do not matter."""
    assert stem(word) == "handl"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("queries", "query"),
        ("classes", "class"),
        ("status", "status"),
        ("running", "run"),
        ("ring", "ring"),
        ("as", "as"),
    ],
)
def test_endings_are_dropped_with_care(word, expected):
    """Short words and those that only look like plurals stay."""
    assert stem(word) == expected


def test_a_compound_is_kept_beside_its_parts():
    """`status_code` is found by `status`, by `code` and as itself, however it is written."""
    assert whole("status_code") == whole("statusCode") in terms("StatusCode")
    assert term("status") in terms("status_code")


def test_neighbouring_parts_of_a_long_name_are_a_compound_too():
    """`max_content_length` is also about content lengths."""
    assert whole("content_length") in terms("max_content_length")


def test_single_letters_and_endless_words_are_no_terms():
    """They tell nothing, or are no words."""
    assert list(all_terms("x y " + "a" * 100)) == []


def test_words_of_any_script():
    """Letters are letters in every script."""
    assert words("größe = naïve(текст)") == ["größe", "naïve", "текст"]

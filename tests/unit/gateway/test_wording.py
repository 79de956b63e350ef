"""What is read of a request."""

import pytest

from penstock.gateway.wording import LONGEST, read


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How do I sort?", "how"),
        ("In Rust, why is it slow?", "why"),
        ("Is it slow?", "whether"),
        ("delete all", "do"),
        ("list all", "do"),
        ("dogs and cats", ""),
        ("", ""),
    ],
)
def test_the_kind_of_question_is_read(text, kind):
    """The word that asks says what is asked for, wherever it stands."""
    assert read(text).kind == kind


@pytest.mark.parametrize(
    ("text", "tense"),
    [
        ("Will it rain?", "future"),
        ("Did it rain?", "past"),
        ("Does it rain?", ""),
        ("Why should it rain?", "ought"),
        ("How should I sleep?", ""),
        ("delete what was", ""),
    ],
)
def test_the_tense_is_read_of_questions(text, tense):
    """Commands have none."""
    assert read(text).tense == tense


def test_words_without_meaning_are_left_out():
    """Only what carries meaning is compared, in order."""
    assert read("How do I reverse a list in Java?").words == ("revers", "list", "java")


def test_possession_counts_unless_the_owner_asks():
    """`my` goes without saying where I ask; elsewhere it is someone's."""
    assert read("How do I sell my horse?").words == ("sell", "hors")
    assert read("Where is my horse?").words == ("hors", "whose:first")


def test_names_are_those_written_large_inside():
    """The first word is always written large."""
    assert read("Does Anna know Berlin").names == {"anna", "know", "berlin"} - {"know"}


def test_negations_are_kept_with_what_they_turn_round():
    """`without a disk` turns the disk round."""
    assert read("Is it slow without disk?").negated == ("not:disk",)
    assert read("Why not?").negated == ("not:",)


def test_directions_are_kept_with_what_they_lead_to():
    """`from A to B` is not `from B to A`."""
    assert read("How far is it from Rome to Bonn?").directed == ("from:rom",)


def test_phrases_are_cut_at_roles_and_lists():
    """Each phrase has its role; a list goes on with the role before it."""
    assert read("difference between tea and milk in Rome").chunks == (
        ("", ("difference",)),
        ("between", ("tea",)),
        ("between", ("milk",)),
        ("in", ("rom",)),
    )


def test_a_text_that_ends_in_a_role_has_no_empty_phrase():
    """A last word without meaning makes no phrase."""
    assert read("dogs with").chunks == (("", ("dog",)),)
    assert read("with").chunks == ()


def test_numbers_are_kept_with_the_word_before_them():
    """`more than 5` is not `less than 5`, wherever it stands."""
    assert read("5 dogs, more than 7 cats").counted == (("", "5"), ("more", "7"))


def test_scripts_are_told_apart():
    """Letters of another script are another language."""
    assert read("hello").script == "latin"
    assert read("привет").script == "4"
    assert read("42").script == ""


def test_only_so_much_is_read():
    """A very long text is cut before it is taken apart."""
    assert sum(map(len, read("dog " * LONGEST).words)) <= LONGEST

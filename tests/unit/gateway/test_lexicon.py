"""Word lists: consistent with one another."""

from penstock.gateway.lexicon import EMPTY, LEAVING_OUT, NEGATIVE, OPPOSITES, SAME


def test_words_that_stand_for_others_stand_for_themselves():
    """Saying a word in the common way twice changes nothing."""
    assert all(SAME.get(word, word) == word for word in SAME.values())


def test_opposites_are_never_taken_for_the_same():
    """No group of equal words holds a pair of opposites."""
    assert not [pair for pair in OPPOSITES if len({SAME.get(word, word) for word in pair}) == 1]


def test_what_turns_a_sentence_round_is_never_empty():
    """Negations are not dropped as words without meaning."""
    assert not (NEGATIVE | LEAVING_OUT) & EMPTY

"""A prompt is turned into n-grams and facts, in bounded time."""

import numpy as np
import pytest

from penstock.gateway.quality_features import BUCKETS, FACTS, HEAD, TAIL, look

CHOICE = "Which is a prime?\nA. 4\nB. 7\nC) nine\nAnswer:"
DIGIT_SHARE, NUMERIC_CHOICES, HAS_CHOICES, HAS_QUESTION, HOW_MANY = 9, 10, 14, 15, 19


def test_the_same_text_looks_the_same_in_any_spacing_and_case():
    """N-grams are of the lowered text with single spaces."""
    one, other = look("Sum  the\nNUMBERS"), look("sum the numbers")
    assert np.array_equal(one.buckets, other.buckets)
    assert np.array_equal(one.weights, other.weights)


def test_an_n_gram_that_comes_again_weighs_more_but_less_than_twice():
    """Its weight is 1 + log of how often it occurs."""
    looks = look("aaaaaaaa")
    assert looks.weights.max() == pytest.approx(1 + np.log(6))


def test_buckets_are_ascending_and_each_is_there_once():
    """They index columns of the model."""
    buckets = look(CHOICE).buckets
    assert (np.diff(buckets) > 0).all()
    assert 0 <= buckets[0] <= buckets[-1] < BUCKETS


def test_facts_tell_choices_numbers_and_form():
    """A question with choices is not a sum in words."""
    choice = look(CHOICE).facts
    words = look("If Ann has 12 apples and eats 5, how many are left").facts
    assert choice[HAS_CHOICES] == 1.0
    assert choice[NUMERIC_CHOICES] == pytest.approx(2 / 3)
    assert choice[HAS_QUESTION] == 1.0
    assert choice[HOW_MANY] == 0.0
    assert words[HAS_CHOICES] == 0.0
    assert words[HAS_QUESTION] == 0.0
    assert words[HOW_MANY] == 1.0
    assert words[DIGIT_SHARE] == pytest.approx(3 / 50)


@pytest.mark.parametrize("prompt", ["", " ", "a", "\ud800", "\U0001f600" * 5000, "\n" * 9])
def test_any_text_can_be_looked_at(prompt):
    """Empty, without words, of broken or many-byte characters: the facts are finite."""
    looks = look(prompt)
    assert looks.facts.shape == (FACTS,)
    assert np.isfinite(looks.facts).all()
    assert np.isfinite(looks.weights).all()


def test_of_a_long_prompt_only_the_ends_are_looked_at():
    """What is in the middle changes nothing; that it is long is seen."""
    head, tail = "h" * HEAD, "t" * TAIL
    one, other = look(head + "x" * 9000 + tail), look(head + "y" * 9000 + tail)
    assert np.array_equal(one.buckets, other.buckets)
    assert np.array_equal(one.facts, other.facts)
    assert one.facts[0] == pytest.approx(np.log1p(HEAD + 9000 + TAIL))

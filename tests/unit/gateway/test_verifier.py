"""The learned verifier."""

import pytest

from penstock.gateway.verifier import FEATURES, Verifier, Weights, features, shipped
from penstock.gateway.wording import read


def test_features_say_what_differs():
    """Unmatched words, commands and order, one number each."""
    assert features(read("sort dogs"), read("sort dogs")).tolist() == [0, 1, 1]
    assert features(read("How do I sort dogs?"), read("sort cats")).tolist() == [
        pytest.approx(0.4865, abs=1e-3),
        0,
        0,
    ]


def test_the_shipped_weights_never_hold_likeness_against_a_pair():
    """Equal requests are the likeliest of all, and unmatched words speak against."""
    verifier = shipped()
    one = read("How do I sort dogs by age?")
    same = verifier.probability(one, one)
    assert verifier.threshold <= same <= 1
    assert verifier.probability(one, read("How do I sort cats by height?")) < same


def test_far_scores_do_not_overflow():
    """A weight out of all proportion gives 0 or 1, no error."""
    weights = Weights(weights=dict.fromkeys(FEATURES, -1e9), bias=0.0, threshold=0.5, distance=0.2)
    assert Verifier(weights).probability(read("sort"), read("sort")) == pytest.approx(0, abs=1e-9)

"""A model of the gain is learned from outcomes."""

import numpy as np
import pytest

from penstock.gateway import quality_fit
from penstock.gateway.quality_features import look
from penstock.gateway.quality_fit import Corpus, fit, focus, predict, solve

SUMS = [f"Prove the theorem number {n} about rings and ideals." for n in range(30)]
CHATS = [f"Say hello to guest {n} in a kind way." for n in range(30)]
PROMPTS = SUMS + CHATS
GAINS = np.array([1.0] * 30 + [0.0] * 30)


@pytest.fixture
def corpus():
    return Corpus.of([look(prompt) for prompt in PROMPTS])


def test_what_gained_before_is_expected_to_gain(corpus):
    """Prompts of a kind that needed the strong model are expected to need it again."""
    model = fit(corpus, GAINS)
    assert model.gain("Prove the theorem about fields and ideals.") > model.gain("Say hello to my aunt.")


def test_the_mean_gain_is_the_middle(corpus):
    """A prompt of which nothing is known is expected to gain what the mean does, about."""
    model = fit(corpus, GAINS)
    assert model.bias == pytest.approx(0.5)
    assert 0.2 < model.gain("zzzz") < 0.8


def test_without_a_threshold_all_is_for_the_strong_model(corpus):
    """Savings have to be earned."""
    assert fit(corpus, GAINS).needs_strong("Say hello to guest 1 in a kind way.")


def test_rows_are_predicted_as_they_are_one_by_one(corpus):
    """What is measured is what decides."""
    model = fit(corpus, GAINS)
    assert predict(model, corpus) == pytest.approx([model.gain(prompt) for prompt in PROMPTS], abs=1e-4)


def test_taking_rows_is_looking_at_them_alone(corpus):
    """A fold is what a corpus of its prompts would be."""
    taken, alone = corpus.take(np.array([3, 40])), Corpus.of([look(PROMPTS[3]), look(PROMPTS[40])])
    for one, other in zip(taken, alone, strict=True):
        assert np.array_equal(one, other)


def test_a_fact_that_never_changed_says_nothing(corpus):
    """Its spread is infinite, so that a first change is no extreme."""
    lens = focus(corpus)
    assert np.isinf(lens.spread[14])  # none of the prompts has choices
    assert np.isfinite(lens.waves(look("A? B?\nA. x\nB. y").facts)).all()


def test_a_small_system_is_solved():
    """Conjugate gradients find what elimination finds."""
    matrix = np.array([[4.0, 1.0], [1.0, 3.0]])
    found = solve(lambda rows: matrix @ rows, np.array([1.0, 2.0]), 1.0)
    assert found == pytest.approx(np.linalg.solve(matrix + np.eye(2), [1.0, 2.0]), abs=1e-4)


def test_solving_ends_after_a_bounded_number_of_steps(monkeypatch):
    """Time is bounded too where the matrix is a bad one."""
    monkeypatch.setattr(quality_fit, "STEPS", 1)
    found = solve(lambda rows: np.array([1e6, 1.0]) * rows, np.array([1.0, 1.0]), 0.1)
    assert np.isfinite(found).all()


def test_outcomes_that_are_all_alike_teach_only_their_mean(corpus):
    """Nothing is divided by zero."""
    model = fit(corpus, np.full(60, 0.25))
    assert model.gain(SUMS[0]) == pytest.approx(0.25)

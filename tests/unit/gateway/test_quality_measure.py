"""A ranking is measured, and savings are earned from outcomes that were held out."""

import math

import numpy as np
import pytest

from penstock.gateway.quality_features import look
from penstock.gateway.quality_fit import Corpus
from penstock.gateway.quality_measure import FOLDS, cross_validated, earn, folds, measure, upper

GAINS = np.array([1.0, 1.0, 0.0, 0.0])


def test_a_perfect_ranking_recovers_the_gap_first():
    """Of four prompts, two gain: the area is 3/4, and half the gap costs a quarter of the calls."""
    figures = measure(np.array([4.0, 3.0, 2.0, 1.0]), GAINS)
    assert figures == pytest.approx((0.75, 0.25, 0.5))


def test_a_ranking_upside_down_recovers_it_last():
    """Worse than chance is under 0.5."""
    assert measure(np.array([1.0, 2.0, 3.0, 4.0]), GAINS) == pytest.approx((0.25, 0.75, 1.0))


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_equal_expectations_are_chance(order):
    """Whatever order the rows are in: 0.5."""
    assert measure(np.zeros(4), GAINS[order]) == pytest.approx((0.5, 0.5, 1.0))


def test_a_gap_can_be_more_than_recovered():
    """Where the weak model is the better one, leaving it out of the strong calls lifts the area over 1."""
    figures = measure(np.array([3.0, 2.0, 1.0]), np.array([1.0, 0.0, -0.9]))
    assert figures is not None
    assert figures.apgr > 1


@pytest.mark.parametrize("gains", [[0.0, 0.0], [1.0, -1.0], [-1.0, 0.0]])
def test_without_a_gap_there_is_nothing_to_recover(gains):
    """The strong model has to be the better one."""
    assert measure(np.array([1.0, 2.0]), np.array(gains)) is None


def test_equal_prompts_are_in_one_fold():
    """None is held out and learned from at once; folds differ by their seed only."""
    prompts = [f"p{n % 50}" for n in range(100)]
    dealt = folds(prompts, 1)
    assert np.array_equal(dealt[:50], dealt[50:])
    assert set(dealt) == set(range(FOLDS))
    assert np.array_equal(dealt, folds(prompts, 1))
    assert not np.array_equal(dealt, folds(prompts, 2))


def test_each_row_is_expected_without_its_fold():
    """A gain that is pure noise cannot be learned, one that follows the text can."""
    prompts = [f"Prove lemma {n}." if n % 2 else f"Greet person {n}!" for n in range(100)]
    corpus = Corpus.of([look(it) for it in prompts])
    gains = np.array([float(n % 2) for n in range(100)])
    advanced: list[int] = []
    expected = cross_validated(corpus, gains, folds(prompts, 0), lambda: advanced.append(1))
    assert len(advanced) == FOLDS
    figures = measure(expected, gains)
    assert figures is not None
    assert figures.apgr == pytest.approx(0.75)


def test_a_fold_without_the_rest_is_left_at_the_mean():
    """Where all rows are in one fold, nothing can be learned from the others."""
    corpus = Corpus.of([look("a"), look("b")])
    assert cross_validated(corpus, np.array([1.0, 0.0]), np.zeros(2, int)).tolist() == [0.5, 0.5]


def test_savings_are_earned_where_nothing_is_lost():
    """Half of the prompts never gain: they may go to the weak model, the others may not."""
    gains = np.array([0.0] * 2000 + [1.0] * 2000)
    saving = earn(gains.copy() + np.linspace(0, 0.1, 4000), gains, max_loss=0.02, error=0.05, width=1.0)
    assert saving.strong_share == pytest.approx(0.5, abs=0.01)
    assert saving.loss == 0.0
    assert saving.bound <= 0.02


def test_it_starts_as_the_strong_model():
    """Too few outcomes, or a ranking that knows nothing, earn nothing."""
    few = earn(np.arange(50.0), np.zeros(50), max_loss=0.02, error=0.05, width=1.0)
    assert (few.threshold, few.strong_share) == (-math.inf, 1.0)
    blind = earn(np.arange(4000.0), np.full(4000, 1.0), max_loss=0.02, error=0.05, width=1.0)
    assert blind.threshold == -math.inf


def test_all_may_be_earned():
    """When the strong model is never better, the weak one may answer nearly everything."""
    gains = np.full(8000, -0.5)
    saving = earn(np.arange(8000.0), gains, max_loss=0.02, error=0.05, width=1.0)
    assert saving.strong_share < 0.01


def test_the_bound_holds_for_any_number_of_rows():
    """In 500 draws of 200 losses, the mean is over its bound of 90 % in less than 10 %."""
    draw = np.random.default_rng(1)
    losses = draw.choice([0.0, 1.0, -1.0], size=(500, 200), p=[0.8, 0.15, 0.05])
    broken = sum(upper(row, 0.1, 1.0) < 0.1 for row in losses)
    assert broken < 50

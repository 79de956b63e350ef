"""Evidence becomes one number."""

import numpy as np
import pytest

from penstock.context.fusion import Case, fit, probabilities

RNG = np.random.default_rng(1)


def cases(number: int = 60) -> list[Case]:
    """The right file is mostly the one with the largest first column; the second column is noise."""
    made = []
    for _ in range(number):
        columns = RNG.random((8, 2))
        right = np.zeros(8, bool)
        right[np.argmax(columns[:, 0] + 0.1 * RNG.random(8))] = True
        made.append(Case(columns, right))
    return made


def test_shares_sum_to_one_and_follow_the_scores():
    """The highest score has the largest share."""
    share = probabilities(np.array([[1.0], [3.0], [2.0]]), np.array([2.0]))
    assert share.sum() == pytest.approx(1)
    assert share.argsort().tolist() == [0, 2, 1]
    assert probabilities(np.zeros((0, 1)), np.ones(1)).tolist() == []


def test_weights_are_found_from_cases():
    """What tells gets a large weight, noise a small one."""
    weights = fit(cases(), np.zeros(2), 0.5)
    assert weights[0] > 5 > abs(weights[1]) * 3


def test_a_strong_prior_is_kept():
    """With great strength the weights stay where they were."""
    prior = np.array([-1.0, 2.0])
    assert fit(cases(10), prior, 1e6) == pytest.approx(prior, abs=1e-3)


def test_cases_may_count_differently():
    """A case that counts nothing changes nothing."""
    first, second = cases(20), cases(20)
    alone = fit(first, np.zeros(2), 1.0)
    assert fit([*first, *second], np.zeros(2), 1.0, [1.0] * 20 + [0.0] * 20) == pytest.approx(alone, abs=1e-2)

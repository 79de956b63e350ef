"""Weights of one repository."""

import numpy as np

from penstock.context.fusion import Case
from penstock.context.git import Commit
from penstock.context.learned import STEP, anchor, learn, note_name

RNG = np.random.default_rng(2)


def cases(number: int, column: int) -> list[Case]:
    made = []
    for _ in range(number):
        columns = RNG.random((10, 2))
        right = np.arange(10) == columns[:, column].argmax()
        made.append(Case(columns, right))
    return made


def past(*numbers: int) -> list[Commit]:
    return [Commit(f"{number:08x}ff", 0, "", ()) for number in numbers]


def test_the_anchor_is_the_newest_whose_number_is_round():
    """Neighbouring commits share it, and it is never later than they are."""
    older = past(3 * STEP, 5, 2 * STEP)
    assert anchor([*past(1, 2), *older]) == anchor(older) == older[0].id
    assert anchor(past(1, 2)) == ""


def test_a_repository_that_differs_is_learned():
    """Where the second column tells, it gets the weight, and held-out cases show the gain."""
    found = learn(cases(48, 1), np.array([1.0, 0.0]))
    assert found.weights[1] > found.weights[0]
    assert found.first > found.before
    assert found.first_five >= found.first
    assert found.cases == 48


def test_few_cases_teach_nothing():
    """The prior stays."""
    assert learn(cases(5, 1), np.array([4.0, 0.0])).weights == (4.0, 0.0)
    assert learn([], np.array([4.0, 0.0])).cases == 0


def test_a_column_that_no_other_repository_weighs_is_learned_sooner():
    """It is held to zero less strongly than the others are to their weights."""
    made = [Case(np.repeat(it.columns[:, 1:], 2, axis=1), it.right) for it in cases(24, 1)]
    known, unknown = learn(made, np.array([1e-9, 0.0])).weights
    assert unknown > 3 * known > 0


def test_what_was_learned_is_named_by_the_weights_it_began_from():
    """New weights for all repositories make it learn again."""
    assert note_name("abc").startswith("learned:")
    assert note_name("abc").endswith(":abc")

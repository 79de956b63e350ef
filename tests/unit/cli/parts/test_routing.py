"""A route's model is judged plainly on unseen prompts, and by cross-validation on those it was fitted on."""

import numpy as np
import pytest

from penstock.cli.parts import routing
from penstock.cli.parts.outcomes import Outcomes
from penstock.cli.parts.trouble import Trouble


def outcomes(start, end):
    """Proofs gain, greetings do not."""
    prompts = [f"Prove lemma {n}." if n % 2 else f"Greet person {n}!" for n in range(start, end)]
    strong = np.array([1.0 if n % 2 else 0.5 for n in range(start, end)])
    return Outcomes(prompts, np.where(strong == 1, 0.0, 0.5), strong)


def nothing():
    """Nobody looks."""


@pytest.fixture
def known(tmp_path):
    rows = outcomes(0, 60)
    model, fitted = routing.learn(rows, 0.02, 0.05, nothing)
    file = routing.place(tmp_path, "auto")
    routing.keep(file, model, rows, fitted)
    return routing.known(file)


def test_without_a_model_the_file_is_cross_validated():
    """And says so."""
    (judged,) = routing.judge(outcomes(0, 60), None, nothing)
    assert judged.method.startswith("cross-validated")
    assert judged.apgr == pytest.approx(0.75)
    assert judged.apgr_spread == pytest.approx(0)


def test_unseen_prompts_are_judged_as_they_are(known):
    """By the model that was kept."""
    (judged,) = routing.judge(outcomes(60, 100), known, nothing)
    assert (judged.method, judged.rows) == ("plain", 40)
    assert judged.apgr == pytest.approx(0.75)
    assert judged.apgr_spread is None


def test_prompts_that_were_learned_from_are_never_judged_plainly(known):
    """They are cross-validated, beside the plain figures of the others."""
    plain, again = routing.judge(outcomes(30, 80), known, nothing)
    assert (plain.method, plain.rows) == ("plain", 20)
    assert again.method.startswith("cross-validated")
    assert again.rows == 30
    assert [it.rows for it in routing.judge(outcomes(0, 60), known, nothing)] == [60]


def test_few_outcomes_earn_no_saving():
    """It starts as the strong model."""
    model, fitted = routing.learn(outcomes(0, 60), 0.02, 0.05, nothing)
    assert fitted.threshold is None
    assert fitted.strong_share == 1.0
    assert model.needs_strong("Greet person 2!")


def test_many_outcomes_earn_a_saving():
    """Greetings go to the weak model, proofs do not."""
    model, fitted = routing.learn(outcomes(0, 1500), 0.02, 0.05, nothing)
    assert fitted.threshold is not None
    assert fitted.bound <= 0.02
    assert model.needs_strong("Prove lemma 9999.")
    assert 0.4 < fitted.strong_share < 0.9


def test_a_gap_that_is_none_has_no_figures():
    """The weak model may be the better one."""
    rows = outcomes(0, 60)
    (judged,) = routing.judge(Outcomes(rows.prompts, rows.strong, rows.weak), None, nothing)
    assert (judged.apgr, judged.cpt50, judged.apgr_spread) == (None, None, None)


def test_decisions_are_timed(known):
    """In milliseconds, the slowest hundredth after the median."""
    took = routing.timed(known.model, ["a prompt"] * 20)
    assert 0 < took.p50 <= took.p99


def test_a_model_of_another_version_is_not_used(known, tmp_path):
    """Neither is a damaged one; both are named."""
    file = routing.place(tmp_path, "old")
    arrays = {**known.model.arrays(), "mean": np.zeros(1), "marks": known.marks}
    routing.save(file, routing.Kept(arrays, {}))
    with pytest.raises(Trouble, match="another version"):
        routing.known(file)
    file.write_bytes(b"?")
    with pytest.raises(Trouble, match="holds no model"):
        routing.known(file)


def test_a_route_that_can_be_no_file_is_refused(tmp_path):
    """With what may be in a name."""
    with pytest.raises(Trouble, match="cannot be called"):
        routing.place(tmp_path, "../x")

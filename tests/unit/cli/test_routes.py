"""`penstock routes` learns which requests gain from the stronger model, and says how well that goes."""

import json

import pytest


@pytest.fixture
def outcomes(tmp_path):
    def written(start, end, strong=1):
        file = tmp_path / f"{start}-{end}-{strong}.jsonl"
        rows = [
            {
                "prompt": f"Prove lemma {n}." if n % 2 else f"Greet person {n}!",
                "weak": 1 - n % 2,
                "strong": strong,
            }
            for n in range(start, end)
        ]
        file.write_text("\n".join(map(json.dumps, rows)))
        return str(file)

    return written


def test_without_a_model_evaluate_cross_validates_and_says_so(shell, outcomes):
    """With area, shares of strong calls and the time of a decision."""
    assert shell("routes", "evaluate", "--outcomes", outcomes(0, 60)) == 0
    assert "no model was fitted for auto before: these are figures of cross-validation" in shell.out
    assert "area under the performance gap recovered (APGR): 0.7500 (spread 0.0000)" in shell.out
    assert "strong calls for 80 % of the gap (CPT 80): 40.0%" in shell.out
    assert "decision: p50 0." in shell.out


def test_after_fit_unseen_prompts_are_judged_plainly(shell, outcomes):
    """The first figures of the JSON are those of the unseen ones."""
    assert shell("routes", "fit", "--outcomes", outcomes(0, 60), "--route", "r") == 0
    assert "all requests go to the strong model: no loss under 0.02 could be shown" in shell.out
    assert "was kept in" in shell.out
    found = shell.json("routes", "evaluate", "--outcomes", outcomes(30, 100), "--route", "r")
    assert (found["method"], found["rows"], found["fitted_before"]) == ("plain", 40, True)
    assert found["apgr"] == pytest.approx(0.75)
    assert found["decision_ms"]["p99"] >= found["decision_ms"]["p50"]
    assert [it["rows"] for it in found["sets"]] == [40, 30]
    assert shell("routes", "evaluate", "--outcomes", outcomes(30, 100), "--route", "r") == 0
    assert "route r, 40 outcomes, plain" in shell.out
    assert "route r, 30 outcomes, cross-validated" in shell.out


def test_a_dry_run_keeps_nothing(shell, outcomes):
    """It says what would be done."""
    found = shell.json("routes", "fit", "--outcomes", outcomes(0, 60), "--dry-run")
    assert found["dry_run"] is True
    assert found["fitted"]["threshold"] is None
    assert not (shell.data / "routes").exists()
    assert shell("routes", "fit", "--outcomes", outcomes(0, 60), "--dry-run") == 0
    assert "would be kept in" in shell.out


def test_savings_that_were_earned_are_shown_and_explained(shell, outcomes):
    """With what is lost, its bound, and which prompt goes where."""
    assert shell("routes", "fit", "--outcomes", outcomes(0, 1500)) == 0
    assert "of requests go to the strong model: those with an expected gain of" in shell.out
    assert "shown to be under 0.0" in shell.out
    assert shell("routes", "explain", "Prove lemma 5000.") == 0
    assert shell.out.startswith("strong: the stronger model is expected to gain ")
    assert "the weak model may answer under" in shell.out
    assert shell.json("routes", "explain", "Prove lemma 5000.")["to"] == "strong"


def test_explain_says_that_nothing_was_earned(shell, outcomes):
    """Everything goes to the strong model then."""
    shell("routes", "fit", "--outcomes", outcomes(0, 60))
    assert shell("routes", "explain", "Greet person 2!") == 0
    assert shell.out.startswith("strong: ")
    assert "nothing was earned yet" in shell.out
    assert shell.json("routes", "explain", "Greet person 2!")["threshold"] is None


def test_explain_needs_a_model(shell):
    """And says how one is made."""
    assert shell("routes", "explain", "hello") == 1
    assert "no model was fitted for auto" in shell.err
    assert "penstock routes fit" in shell.err


def test_without_a_gap_there_are_no_figures(shell, outcomes):
    """The strong model is not the better one."""
    assert shell("routes", "evaluate", "--outcomes", outcomes(0, 60, 0)) == 0
    assert "there is no gap to recover" in shell.out


def test_a_file_that_is_not_there_is_named(shell):
    """As a line on stderr."""
    assert shell("routes", "evaluate", "--outcomes", "away.jsonl") == 1
    assert "away.jsonl: No such file" in shell.err

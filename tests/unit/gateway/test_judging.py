"""Whether a request may be served another's answer."""

import numpy as np
import pytest

from penstock.gateway.judging import Judge, Verdict
from penstock.gateway.verifier import Verifier, Weights, shipped

ALIKE = ("How do I sort dogs?", "how can I sort dogs")


def embedding(*rows):
    return lambda texts: np.array(rows, dtype=float)


def test_identical_texts_are_exact_hits():
    """No veto is asked, no vector made."""
    assert Judge(shipped()).judge("what is this?", "what is this?") == Verdict(served=True, tier="exact")


def test_a_reworded_request_is_a_semantic_hit():
    """Without an embedder the lexical verifier serves, and says so."""
    verdict = Judge(shipped()).judge(*ALIKE)
    assert (verdict.served, verdict.tier, verdict.verifier) == (True, "semantic", "lexical")
    assert verdict.why_not is None
    assert verdict.distance is None


def test_a_veto_is_named():
    """It comes before any vector is made."""

    def never(texts):
        raise AssertionError

    verdict = Judge(shipped(), never).judge("keep 3 dogs", "keep 4 dogs")
    assert (verdict.served, verdict.tier, verdict.why_not, verdict.veto) == (False, "none", "veto", "number")


@pytest.mark.parametrize(
    ("rows", "served", "distance"),
    [
        (((1, 0), (1, 0)), True, 0.0),
        (((1, 0), (0, 1)), False, 1.0),
        (((0, 0), (0, 1)), False, 1.0),
    ],
)
def test_vectors_that_are_far_apart_are_not_believed(rows, served, distance):
    """The distance counts in addition to the words."""
    verdict = Judge(shipped(), embedding(*rows)).judge(*ALIKE)
    assert (verdict.served, verdict.distance, verdict.verifier) == (served, distance, "vectors")
    assert verdict.why_not == (None if served else "distance")


def test_the_verifier_has_the_last_word():
    """A pair below its threshold is not served."""
    strict = Verifier(
        Weights(
            weights={"unmatched": 0.0, "command": 0.0, "order": 0.0}, bias=0.0, threshold=0.9, distance=1.0
        )
    )
    verdict = Judge(strict).judge(*ALIKE)
    assert (verdict.served, verdict.tier, verdict.why_not, verdict.probability) == (
        False,
        "none",
        "verifier",
        0.5,
    )

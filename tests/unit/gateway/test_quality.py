"""The decision between two models, by the expected gain."""

import time

import numpy as np
import pytest

from penstock.gateway.quality import VERSION, Quality
from penstock.gateway.quality_features import look
from penstock.gateway.quality_fit import Corpus, fit

PROMPTS = [f"Derive the integral {n}." for n in range(10)] + [f"Greet person {n}!" for n in range(10)]


@pytest.fixture
def model():
    return fit(Corpus.of([look(it) for it in PROMPTS]), np.array([1.0] * 10 + [0.0] * 10))


def test_the_threshold_decides(model):
    """From it on a prompt goes to the strong model."""
    asked = "Greet person 5!"
    gain = model.gain(asked)
    assert model._replace(threshold=gain).needs_strong(asked)
    assert not model._replace(threshold=gain + 0.001).needs_strong(asked)


def test_a_text_without_known_n_grams_has_a_gain(model):
    """Every n-gram of it may be in all prompts or in none."""
    assert np.isfinite(model.gain(""))


def test_a_model_is_the_same_after_it_was_kept(model):
    """What is kept is all that decides."""
    again = Quality.of(model._replace(threshold=0.25).arrays())
    assert again is not None
    assert again.threshold == 0.25
    assert again.gain("Derive this.") == pytest.approx(model.gain("Derive this."), abs=1e-6)


def test_a_model_of_other_features_is_not_used(model):
    """Its numbers would mean something else."""
    arrays = model.arrays()
    assert Quality.of({**arrays, "scalars": np.array([VERSION + 1.0, 0.0, 0.0])}) is None
    assert Quality.of({**arrays, "mean": np.zeros(3)}) is None
    del arrays["phases"]
    assert Quality.of(arrays) is None


def test_a_decision_takes_half_a_millisecond_of_cpu_at_most(model):
    """Also on a prompt of 100,000 characters; the best of some, since others use the machine."""
    prompt = "".join(f"word{n} of, a long? prompt. " for n in range(4000))

    def took() -> float:
        began = time.thread_time()
        model.gain(prompt)
        return time.thread_time() - began

    assert min(took() for _ in range(20)) < 0.0005

"""The weights that ship."""

import numpy as np

from penstock.context.features import NAMES
from penstock.context.weights import _BY_NAME, FINGERPRINT, REASONS, SLOPE, WEIGHTS


def test_every_weight_and_reason_names_a_column():
    """A renamed column would silently lose its weight."""
    assert set(_BY_NAME) <= set(NAMES)
    assert set(REASONS) <= set(NAMES)
    assert len(WEIGHTS) == len(NAMES)


def test_the_weights_are_sane():
    """Tests are not what is fixed, similar words are, and more share is more confidence."""
    assert np.isfinite(WEIGHTS).all()
    assert _BY_NAME["test"] < 0 < _BY_NAME["rare_chunk"]
    assert SLOPE > 0
    assert len(FINGERPRINT) == 8

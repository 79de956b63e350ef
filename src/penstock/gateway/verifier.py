"""The learned verifier: how likely it is that two requests that passed the vetoes want the same answer.

A logistic regression over what the pair looks like. Its weights are in data/verifier.json, made by
`scripts/bench semantic --fit`; they hold no text of what they were learned from.
"""

import math
from importlib import resources
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.gateway.vetoes import unmatched
from penstock.gateway.wording import Reading

Floats = NDArray[np.float64]

FEATURES: Final = ("unmatched", "command", "order")
"""Measures of likeness (letters, words in common, lengths) were tried: beyond the vetoes they say nothing."""


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One weight per feature; pairs below `threshold` are not served."""

    weights: dict[str, float]
    bias: float
    threshold: float
    distance: float
    """Cosine distance from which two vectors are too far apart, whatever the words say."""


class Verifier:
    """Judges pairs that no veto speaks against."""

    def __init__(self, weights: Weights) -> None:
        self.threshold = weights.threshold
        self.distance = weights.distance
        self._bias = weights.bias
        self._weights = np.array([weights.weights[name] for name in FEATURES])

    def probability(self, one: Reading, other: Reading) -> float:
        """Return how likely it is that both want the same answer."""
        return self.share(features(one, other))

    def share(self, columns: Floats) -> float:
        """Return the probability that belongs to one pair's features."""
        score = float(columns @ self._weights) + self._bias
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


def features(one: Reading, other: Reading) -> Floats:
    """Return what FEATURES names, each about between 0 and 1."""
    left, right = unmatched(one, other)
    return np.array(
        [
            math.log1p(sum(map(len, left | right))) / 4,
            float(one.kind == other.kind == "do"),
            float(one.words == other.words),
        ]
    )


def shipped() -> Verifier:
    """Return the verifier with the weights that come with Penstock."""
    raw = resources.files("penstock").joinpath("data", "verifier.json").read_bytes()
    return Verifier(msgspec.json.decode(raw, type=Weights))

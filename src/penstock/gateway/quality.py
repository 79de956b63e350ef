"""Which requests gain from the stronger model: the decision, from a model that `quality_fit` learned.

The expected gain of a prompt (the strong model's score less the weak one's) is linear in two views of it:
hashed character n-grams, which know what it is about, and random waves over facts about its form, which
stand for a Gaussian kernel (Rahimi and Recht, Random features for large-scale kernel machines, 2007).
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from penstock.gateway.quality_features import BUCKETS, FACTS, Floats, Looks, look

WAVES: Final = 1024
"""Random waves; the error of the kernel that they stand for falls with the root of their number."""
CLIP: Final = 4.0
"""Standard deviations beyond which a fact counts no more: an unusual prompt is not an extreme one."""
_TINY: Final = 1e-9
VERSION: Final = 1
"""Changes with the features: a model that was fitted to others is not used."""


class Lens(NamedTuple):
    """What the features are scaled by; learned from prompts alone."""

    rarity: Floats
    """BUCKETS: log of the inverse share of prompts that an n-gram is in."""
    mean: Floats
    """FACTS: of the prompts that were learned from."""
    spread: Floats
    """FACTS: standard deviations, never 0."""
    directions: Floats
    """FACTS x WAVES: of the waves."""
    phases: Floats
    """WAVES: where they begin, in radians."""

    def grams(self, looks: Looks) -> Floats:
        """Weigh n-grams by how rare they are; the whole has length 1, or 0 when all is unknown."""
        weights = looks.weights * self.rarity[looks.buckets]
        length = math.sqrt(float(weights @ weights))
        return weights / np.float32(max(length, _TINY))

    def waves(self, facts: Floats) -> Floats:
        """Return the waves at these facts (FACTS, or rows of them), of length about 1."""
        scaled = np.clip((facts - self.mean) / self.spread, -CLIP, CLIP)
        waves: Floats = np.cos(scaled @ self.directions + self.phases) * np.float32(math.sqrt(2 / WAVES))
        return waves


class Quality(NamedTuple):
    """A fitted model of a route. Immutable; deciding does no I/O and waits for nothing."""

    lens: Lens
    gram_weights: Floats
    """BUCKETS"""
    wave_weights: Floats
    """WAVES"""
    bias: float
    """The mean gain of the outcomes that were learned from."""
    threshold: float
    """Prompts with a smaller expected gain may go to the weak model; -inf: none may."""

    def gain(self, prompt: str) -> float:
        """Return the expected gain of the strong model on a prompt, in units of the scores."""
        return self.gain_of(look(prompt))

    def gain_of(self, looks: Looks) -> float:
        """Return the expected gain of a prompt that was looked at."""
        by_topic = self.lens.grams(looks) @ self.gram_weights[looks.buckets]
        by_form = self.lens.waves(looks.facts) @ self.wave_weights
        return self.bias + float(by_topic) + float(by_form)

    def needs_strong(self, prompt: str) -> bool:
        """Tell whether a prompt goes to the strong model."""
        return self.gain(prompt) >= self.threshold

    def arrays(self) -> dict[str, NDArray[np.float64] | Floats]:
        """Return what has to be kept of it."""
        return {
            **self.lens._asdict(),
            "gram_weights": self.gram_weights,
            "wave_weights": self.wave_weights,
            "scalars": np.array([VERSION, self.bias, self.threshold], np.float64),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.float64] | Floats]) -> Self | None:
        """Return the model of `arrays()`; None when it was made by another version or is damaged."""
        shapes = {
            "rarity": (BUCKETS,),
            "mean": (FACTS,),
            "spread": (FACTS,),
            "directions": (FACTS, WAVES),
            "phases": (WAVES,),
            "gram_weights": (BUCKETS,),
            "wave_weights": (WAVES,),
            "scalars": (3,),
        }
        if any(name not in arrays or arrays[name].shape != shape for name, shape in shapes.items()):
            return None
        version, bias, threshold = map(float, arrays["scalars"])
        if version != VERSION:
            return None
        floats = {name: arrays[name].astype(np.float32) for name in shapes}
        lens = Lens(*(floats[name] for name in Lens._fields))
        return cls(lens, floats["gram_weights"], floats["wave_weights"], bias, threshold)

"""Whether a request may be served another's answer: identical, or alike beyond doubt, or not, and why not."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np

from penstock.gateway.verifier import Floats, Verifier
from penstock.gateway.vetoes import veto
from penstock.gateway.wording import Reading, read

Tier = Literal["exact", "semantic", "none"]
Embed = Callable[[Sequence[str]], Floats]
"""Texts -> one vector each."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen to the second of two requests."""

    served: bool
    tier: Tier
    why_not: Literal["veto", "verifier", "distance"] | None = None
    veto: str | None = None
    """Name of the veto that spoke first."""
    probability: float | None = None
    """What the verifier says, 0 to 1."""
    distance: float | None = None
    """Cosine distance of the vectors; None without an embedder."""
    verifier: Literal["lexical", "vectors"] = "lexical"
    """Whether vectors were looked at beside the words."""


class Judge:
    """Vetoes first, then the distance if there is an embedder, then the verifier."""

    def __init__(self, verifier: Verifier, embed: Embed | None = None) -> None:
        self._verifier = verifier
        self._embed = embed

    def judge(self, first: str, second: str) -> Verdict:
        """Say whether `second` would be served the answer to `first`."""
        if first == second:
            return Verdict(served=True, tier="exact")
        return self.compare(read(first), read(second))

    def compare(self, one: Reading, other: Reading) -> Verdict:
        """Judge two readings of texts that are not identical."""
        name = veto(one, other)
        if name is not None:
            return Verdict(served=False, tier="none", why_not="veto", veto=name)
        distance = self._distance(one.text, other.text)
        probability = self._verifier.probability(one, other)
        verdict = Verdict(
            served=True,
            tier="semantic",
            probability=round(probability, 4),
            distance=distance,
            verifier="lexical" if distance is None else "vectors",
        )
        if distance is not None and distance > self._verifier.distance:
            return msgspec.structs.replace(verdict, served=False, tier="none", why_not="distance")
        if probability < self._verifier.threshold:
            return msgspec.structs.replace(verdict, served=False, tier="none", why_not="verifier")
        return verdict

    def _distance(self, first: str, second: str) -> float | None:
        if self._embed is None:
            return None
        one, other = self._embed([first, second])
        norm = float(np.linalg.norm(one) * np.linalg.norm(other))
        return round(1 - float(one @ other) / norm, 4) if norm else 1.0

"""Weights that suit one repository, learned from its own past, and how good they were on unseen cases.

They are learned at about every hundredth commit, so that neighbouring commits share them, and only from
commits that lead there: a state is never ranked by what came after it.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.context.fusion import Case, fit
from penstock.context.git import Commit
from penstock.context.snapshot import Floats
from penstock.context.weights import FINGERPRINT

STEP = 100
"""Commits between two learnings, on average."""
_FEWEST = 12
"""Cases below which nothing is learned."""
_FOLDS = 4
_STRENGTH, _LOOSE = 20.0, 2.2
"""How strongly a weight is held to that for all repositories; the second where that one is zero."""


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned at one commit."""

    weights: tuple[float, ...]
    cases: int
    first: float
    """Share of held-out cases whose right file came first."""
    first_five: float
    """Share of held-out cases with a right file among the first five."""
    before: float
    """Share of the same cases whose right file comes first under the weights for all repositories."""


def anchor(past: Sequence[Commit]) -> str:
    """Return the commit to learn at, given the commits that lead to a state, newest first; "" for none.

    It is the newest whose id, a number as good as drawn, is a multiple of STEP: so all states choose alike.
    """
    return next((it.id for it in past if int(it.id[:8], 16) % STEP == 0), "")


def note_name(commit: str) -> str:
    """Return the name under which what was learned at a commit is kept."""
    return f"learned:{FINGERPRINT}:{commit}"


def learn(cases: Sequence[Case], prior: Floats) -> Learned:
    """Fit weights to cases, and say how good such weights are on cases that were held out."""
    before = _ranks(cases, [prior] * len(cases))
    if len(cases) < _FEWEST:
        return _learned(prior, before, before)
    strength = np.where(prior == 0, _LOOSE, _STRENGTH)
    folds = [
        fit([case for index, case in enumerate(cases) if index % _FOLDS != fold], prior, strength)
        for fold in range(_FOLDS)
    ]
    held_out = [folds[index % _FOLDS] for index in range(len(cases))]
    return _learned(fit(cases, prior, strength), _ranks(cases, held_out), before)


def _ranks(cases: Sequence[Case], weights: Sequence[Floats]) -> list[int]:
    """The place of the best right file in each case, from 0."""
    places = []
    for case, it in zip(cases, weights, strict=True):
        score = case.columns @ it
        places.append(int((score > score[case.right].max()).sum()))
    return places


def _learned(weights: Floats, places: Sequence[int], before: Sequence[int]) -> Learned:
    number = max(len(places), 1)
    return Learned(
        weights=tuple(float(it) for it in weights),
        cases=len(places),
        first=sum(it == 0 for it in places) / number,
        first_five=sum(it < 5 for it in places) / number,
        before=sum(it == 0 for it in before) / number,
    )

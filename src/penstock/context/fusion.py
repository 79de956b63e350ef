"""Evidence as one number per file: a weighted sum, and what it says in percent.

The score of a file is the sum of its columns, each times its weight; the probability that a question is
about that file is its share in the exponentials of all files' scores (a conditional logit, McFadden 1974).
Weights are fitted by Newton's method on past questions whose answer is known, pulled towards a prior.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.context.snapshot import Floats

_ROUNDS = 40
_ENOUGH = 1e-3
_IGNORED = 1e-6


class Case(msgspec.Struct, frozen=True):
    """A past question: the evidence for each file, and which files were the answer."""

    columns: Floats
    right: NDArray[np.bool_]


def probabilities(columns: Floats, weights: Floats) -> Floats:
    """Return each file's share."""
    score = columns @ weights
    share = np.exp(score - score.max()) if len(score) else score
    return share / share.sum() if len(score) else share


def fit(
    cases: Sequence[Case], prior: Floats, strength: float | Floats, counts: Sequence[float] | None = None
) -> Floats:
    """Return the weights under which the right files are likeliest.

    `strength` pulls them towards `prior`, all alike or each by its own; `counts` is what each case counts.
    """
    pull = np.broadcast_to(np.asarray(strength, np.float64), prior.shape)
    shares = list(counts) if counts is not None else [1.0] * len(cases)
    weights = prior.copy()
    loss = _loss(cases, shares, weights, prior, pull)
    for _ in range(_ROUNDS):
        slope, curve = _derivatives(cases, shares, weights)
        step = np.linalg.solve(curve + np.diag(pull), slope + pull * (weights - prior))
        size = 1.0
        while (tried := _loss(cases, shares, weights - size * step, prior, pull)) > loss and size > _ENOUGH:
            size /= 2
        weights, loss = weights - size * step, min(tried, loss)
        if np.abs(step * size).max() < _ENOUGH:
            break
    return weights


def _loss(
    cases: Sequence[Case], shares: Sequence[float], weights: Floats, prior: Floats, pull: Floats
) -> float:
    total = 0.5 * float((pull * (weights - prior) ** 2).sum())
    for case, share in zip(cases, shares, strict=True):
        score = case.columns @ weights
        top = score.max()
        total -= share * float(score[case.right].mean() - top - np.log(np.exp(score - top).sum()))
    return total


def _derivatives(cases: Sequence[Case], shares: Sequence[float], weights: Floats) -> tuple[Floats, Floats]:
    slope = np.zeros(len(weights))
    curve = np.zeros((len(weights), len(weights)))
    for case, share in zip(cases, shares, strict=True):
        chance = probabilities(case.columns, weights)
        mean = chance @ case.columns
        slope -= share * (case.columns[case.right].mean(axis=0) - mean)
        kept = chance > _IGNORED
        columns = case.columns[kept]
        curve += share * ((columns * chance[kept][:, None]).T @ columns - np.outer(mean, mean))
    return slope, curve

"""How good a routing by expected gain is, and how much it may save: figures over outcomes of both models.

The performance gap recovered by sending a share of prompts to the strong model, and its area (APGR), are
those of Ong et al., RouteLLM: Learning to Route LLMs with Preference Data, 2024. Random routing has 0.5.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from penstock.gateway.quality_fit import Corpus, Doubles, Rows, fit, predict

FOLDS: Final = 5
FEWEST: Final = 100
"""Prompts that must go to the weak model in the held-out outcomes before a bound is taken from them."""
_STAKE: Final = 0.75
"""The largest share of the capital that is bet, so that none is lost wholly."""
_HALVINGS: Final = 30
SHARES: Final = tuple(share / 20 for share in range(19, -1, -1))
"""Shares of strong calls that are tried in turn, from the safest."""


class Figures(NamedTuple):
    """How well a ranking recovers the gap between two models."""

    apgr: float
    """Area under the gap recovered against the share of strong calls."""
    cpt50: float
    """Least share of strong calls that recovers 50 % of the gap."""
    cpt80: float
    """Least share of strong calls that recovers 80 % of the gap."""


class Saving(NamedTuple):
    """What a route may send to the weak model."""

    threshold: float
    """Prompts with a smaller expected gain; -inf: none."""
    strong_share: float
    """Share of strong calls at that threshold, in the held-out outcomes."""
    loss: float
    """Mean score that was lost there, per request."""
    bound: float
    """What the loss is below with the confidence asked for."""


def measure(expected: Doubles, gains: Doubles) -> Figures | None:
    """Rank by expected gain and measure; None when the strong model is not the better one here."""
    total = float(gains.sum())
    if total <= 0:
        return None
    recovered = np.concatenate([[0.0], np.cumsum(_ranked(expected, gains))]) / total
    area = float(np.trapezoid(recovered, dx=1 / len(gains)))
    return Figures(area, _share(recovered, 0.5), _share(recovered, 0.8))


def _ranked(expected: Doubles, gains: Doubles) -> Doubles:
    """Return the gains by falling expectation; equal expectations are in random order, on average."""
    _, group = np.unique(-expected, return_inverse=True)
    means = np.bincount(group, gains) / np.bincount(group)
    averaged: Doubles = means[np.sort(group)]
    return averaged


def _share(recovered: Doubles, part: float) -> float:
    """Return the first share of strong calls at which a part of the gap is recovered."""
    reached = int(np.argmax(recovered >= part - 1e-12))
    return reached / (len(recovered) - 1)


def folds(prompts: Sequence[str], seed: int) -> Rows:
    """Deal rows to FOLDS folds; equal prompts go to the same one, so that none is seen before."""
    known: dict[str, int] = {}
    group = np.array([known.setdefault(prompt, len(known)) for prompt in prompts])
    dealt = np.random.default_rng(seed).permutation(len(known)) % FOLDS
    fold_of: Rows = dealt[group].astype(np.intp)
    return fold_of


def cross_validated(
    corpus: Corpus, gains: Doubles, fold_of: Rows, advance: Callable[[], None] = lambda: None
) -> Doubles:
    """Return the gain expected of each row by a model that was fitted without its fold."""
    expected = np.full(len(gains), float(gains.mean()))
    for fold in range(FOLDS):
        held_out, rest = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        if len(held_out) and len(rest):
            expected[held_out] = predict(fit(corpus.take(rest), gains[rest]), corpus.take(held_out))
        advance()
    return expected


def earn(expected: Doubles, gains: Doubles, *, max_loss: float, error: float, width: float) -> Saving:
    """Find the threshold that saves most while the loss stays under `max_loss`, wrong with chance `error`.

    `expected` is of rows that were held out; `width` is the range of the scores. Thresholds are tried from
    the safest on until the first that is not shown to hold, which needs no correction for trying many
    (fixed sequence testing: Angelopoulos et al., Learn then Test, 2021).
    """
    earned = Saving(-math.inf, 1.0, 0.0, 0.0)
    for share in SHARES:
        threshold = float(np.quantile(expected, 1 - share))
        weak = expected < threshold
        if int(weak.sum()) < FEWEST:
            continue
        lost = np.where(weak, gains, 0.0)
        bound = upper(lost, error, width)
        if bound > max_loss:
            break
        earned = Saving(threshold, float(1 - weak.mean()), float(lost.mean()), bound)
    return earned


def upper(losses: Doubles, error: float, width: float) -> float:
    """Return what the mean of losses in [-width, width] is below, but with chance `error`.

    A bound by betting, which holds for any number of rows and is about as narrow as a normal interval:
    who bets against each mean that is too large grows rich (Waudby-Smith and Ramdas, Estimating means of
    bounded random variables by betting, 2023).
    """
    rows = len(losses)
    shuffled = losses[np.random.default_rng(0).permutation(rows)]
    seen = (shuffled + width) / (2 * width)
    counts = np.arange(1, rows + 1)
    means = (0.5 + np.cumsum(seen)) / (counts + 1)
    spreads = (0.25 + np.cumsum((seen - means) ** 2)) / (counts + 1)
    before = np.concatenate([[0.25], spreads[:-1]])
    stakes = np.minimum(np.sqrt(2 * math.log(1 / error) / (rows * before)), _STAKE)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rich = np.cumsum(np.log1p(stakes * (middle - seen))).max() >= math.log(1 / error)
        low, high = (low, middle) if rich else (middle, high)
    return (2 * high - 1) * width

"""The learned model of a route: fitted, kept, read and judged, for the commands of `penstock routes`."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from penstock.cli.parts.outcomes import Outcomes
from penstock.cli.parts.trouble import Trouble
from penstock.gateway.quality import Quality
from penstock.gateway.quality_features import look
from penstock.gateway.quality_fit import Corpus, Doubles, fit, predict
from penstock.gateway.quality_measure import FOLDS, Figures, Saving, cross_validated, earn, folds, measure
from penstock.storage.route_models import Kept, RouteModelUnusable, file_of, load, save

ROUNDS: Final = 3
"""Times that rows are dealt to folds anew."""
TIMED: Final = 500
"""Prompts that decisions are timed on, at most."""
_REPEATS: Final = 3

Advance = Callable[[], None]


class Decision(msgspec.Struct, frozen=True):
    """How long a decision takes, in milliseconds."""

    p50: float
    p99: float


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a model, or of a way of learning one, on some outcomes."""

    method: str
    """cross-validated, or plain: by a model that never saw these prompts."""
    rows: int
    weak: float
    """Mean score of the weak model."""
    strong: float
    """Mean score of the strong model."""
    apgr: float | None
    """None when the strong model is not the better one on these rows."""
    cpt50: float | None
    cpt80: float | None
    apgr_spread: float | None = None
    """Standard deviation over the rounds of cross-validation."""
    cpt50_spread: float | None = None
    cpt80_spread: float | None = None


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of a route."""

    judged: Judged
    threshold: float | None
    """Expected gain under which the weak model may answer; None: it never may."""
    strong_share: float
    loss: float
    bound: float
    max_loss: float


class Known(msgspec.Struct, frozen=True):
    """A model that was kept, and the prompts it was fitted on."""

    model: Quality
    marks: np.ndarray


def learn(outcomes: Outcomes, max_loss: float, error: float, advance: Advance) -> tuple[Quality, Fitted]:
    """Fit a model, and let held-out outcomes decide how much it may save."""
    corpus = corpus_of(outcomes)
    rounds = _rounds(corpus, outcomes, advance)
    held_out: Doubles = np.mean(rounds, axis=0)
    saving: Saving = earn(held_out, outcomes.gains, max_loss=max_loss, error=error, width=outcomes.width)
    model = fit(corpus, outcomes.gains, saving.threshold)
    fitted = Fitted(
        judged=_over_rounds(rounds, outcomes),
        threshold=saving.threshold if np.isfinite(saving.threshold) else None,
        strong_share=saving.strong_share,
        loss=saving.loss,
        bound=saving.bound,
        max_loss=max_loss,
    )
    return model, fitted


def judge(outcomes: Outcomes, known: Known | None, advance: Advance) -> list[Judged]:
    """Judge on unseen prompts as they are, and by cross-validation on those that were learned from."""
    if known is None:
        return [_over_rounds(_rounds(corpus_of(outcomes), outcomes, advance), outcomes)]
    seen = np.isin(outcomes.marks(), known.marks)
    judged = []
    if not seen.all():
        unseen = outcomes.take(np.flatnonzero(~seen))
        expected = predict(known.model, corpus_of(unseen))
        judged.append(_summed("plain", unseen, [measure(expected, unseen.gains)]))
    if seen.any():
        again = outcomes.take(np.flatnonzero(seen))
        judged.append(_over_rounds(_rounds(corpus_of(again), again, advance), again))
    return judged


def timed(model: Quality, prompts: Sequence[str]) -> Decision:
    """Time decisions from the text on, one by one; of each the best of three, since others use the CPU."""
    step = max(1, len(prompts) // TIMED)
    best = []
    for prompt in prompts[::step]:
        took = []
        for _ in range(_REPEATS):
            began = time.perf_counter()
            model.needs_strong(prompt)
            took.append(time.perf_counter() - began)
        best.append(1000 * min(took))
    p50, p99 = np.percentile(best, [50, 99])
    return Decision(round(float(p50), 4), round(float(p99), 4))


def corpus_of(outcomes: Outcomes) -> Corpus:
    """Look at all prompts."""
    return Corpus.of([look(prompt) for prompt in outcomes.prompts])


def keep(file: Path, model: Quality, outcomes: Outcomes, about: Fitted) -> None:
    """Write a model beside how it was made. Raises OSError."""
    marks = np.unique(outcomes.marks())
    save(file, Kept({**model.arrays(), "marks": marks}, msgspec.to_builtins(about)))


def known(file: Path) -> Known | None:
    """Read a model; None when none was fitted. Raises Trouble, OSError."""
    try:
        kept = load(file)
    except RouteModelUnusable as error:
        raise Trouble(str(error), "penstock routes fit") from None
    if kept is None:
        return None
    arrays = dict(kept.arrays)
    marks = arrays.pop("marks", None)
    model = Quality.of({name: np.asarray(value, np.float64) for name, value in arrays.items()})
    if model is None or marks is None:
        raise Trouble(f"{file} was made by another version", "penstock routes fit")
    return Known(model, marks)


def place(data: Path, route: str) -> Path:
    """Return the file of a route's model. Raises Trouble."""
    try:
        return file_of(data, route)
    except ValueError as error:
        raise Trouble(str(error), "letters, digits, - _ and .", code=2) from None


def _rounds(corpus: Corpus, outcomes: Outcomes, advance: Advance) -> list[Doubles]:
    return [
        cross_validated(corpus, outcomes.gains, folds(outcomes.prompts, seed), advance)
        for seed in range(ROUNDS)
    ]


def _over_rounds(rounds: Sequence[Doubles], outcomes: Outcomes) -> Judged:
    method = f"cross-validated, {FOLDS} folds, {ROUNDS} rounds"
    return _summed(method, outcomes, [measure(expected, outcomes.gains) for expected in rounds])


def _summed(method: str, outcomes: Outcomes, measured: Sequence[Figures | None]) -> Judged:
    figures = [it for it in measured if it is not None]
    means: list[float | None] = [None] * 3
    spreads: list[float | None] = [None] * 3
    if figures:
        means = [round(float(it), 4) for it in np.mean(figures, axis=0)]
    if len(figures) > 1:
        spreads = [round(float(it), 4) for it in np.std(figures, axis=0, ddof=1)]
    return Judged(
        method=method,
        rows=len(outcomes.prompts),
        weak=round(float(outcomes.weak.mean()), 4),
        strong=round(float(outcomes.strong.mean()), 4),
        apgr=means[0],
        cpt50=means[1],
        cpt80=means[2],
        apgr_spread=spreads[0],
        cpt50_spread=spreads[1],
        cpt80_spread=spreads[2],
    )

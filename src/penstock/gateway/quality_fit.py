"""Learning which prompts gain from the stronger model, from outcomes of both.

Ridge regression of the gain, solved by conjugate gradients over sparse rows, so that memory and time grow
with the text and not with the square of the rows. Strongly regularised: a gain is mostly noise.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.gateway.quality import WAVES, Lens, Quality
from penstock.gateway.quality_features import BUCKETS, FACTS, Floats, Looks

Doubles = NDArray[np.float64]
Rows = NDArray[np.intp]

RIDGE: Final = 10.0
"""Strength of the regularisation; rows have length about 1 in either view."""
FORM: Final = 1.0
"""What the facts' kernel weighs beside the n-grams'."""
WIDTH: Final = 0.5
"""Of the kernel exp(-WIDTH * mean squared distance of standardised facts)."""
STEPS, CLOSE_ENOUGH = 60, 1e-4
"""Of the conjugate gradients: at most so many, until the residual fell to this share."""
SEED: Final = 20240626
"""The waves are drawn the same each time."""


class Corpus(NamedTuple):
    """Prompts that were looked at, as rows of a sparse matrix and a dense one."""

    columns: NDArray[np.intp]
    values: Floats
    starts: NDArray[np.intp]
    """Where each row begins in the former two, and their end."""
    facts: Floats
    """Rows x FACTS."""

    @classmethod
    def of(cls, looks: Sequence[Looks]) -> "Corpus":
        """Stack what was seen of prompts; there must be at least one."""
        sizes = [len(it.buckets) for it in looks]
        return cls(
            np.concatenate([it.buckets for it in looks]),
            np.concatenate([it.weights for it in looks]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp),
            np.stack([it.facts for it in looks]),
        )

    def take(self, rows: Rows) -> "Corpus":
        """Return some of the rows."""
        spans = [slice(self.starts[row], self.starts[row + 1]) for row in rows]
        sizes = [span.stop - span.start for span in spans]
        return Corpus(
            np.concatenate([self.columns[span] for span in spans]),
            np.concatenate([self.values[span] for span in spans]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp),
            self.facts[rows],
        )


class Table(NamedTuple):
    """A corpus seen through a lens: the rows of the regression."""

    columns: NDArray[np.intp]
    values: Floats
    row: NDArray[np.intp]
    """The row that each value is of."""
    waves: Floats

    @classmethod
    def of(cls, corpus: Corpus, lens: Lens) -> "Table":
        """Weigh n-grams by rarity to rows of length 1, and turn facts into waves."""
        rows = len(corpus.facts)
        row = np.repeat(np.arange(rows), np.diff(corpus.starts))
        weighed = corpus.values * lens.rarity[corpus.columns]
        lengths = np.sqrt(np.bincount(row, weighed.astype(np.float64) ** 2, rows))
        values = (weighed / np.maximum(lengths, 1e-9)[row]).astype(np.float32)
        return cls(corpus.columns, values, row, lens.waves(corpus.facts))

    def times(self, grams: Doubles, waves: Doubles) -> Doubles:
        """Return what these weights make of each row."""
        by_topic = np.bincount(self.row, self.values * grams[self.columns], len(self.waves))
        return by_topic + self.waves @ waves

    def transposed_times(self, rows: Doubles) -> tuple[Doubles, Doubles]:
        """Return the sums of the rows' columns under these weights."""
        grams: Doubles = np.bincount(self.columns, self.values * rows[self.row], BUCKETS).astype(np.float64)
        return grams, rows @ self.waves


def fit(corpus: Corpus, gains: Doubles, threshold: float = -np.inf) -> Quality:
    """Learn from the gains of a corpus, one for each row. Without a threshold, all is for the strong."""
    lens = focus(corpus)
    table = Table.of(corpus, lens)
    bias = float(gains.mean())

    def kernel(rows: Doubles) -> Doubles:
        grams, waves = table.transposed_times(rows)
        return table.times(grams, FORM * waves)

    grams, waves = table.transposed_times(solve(kernel, gains - bias, RIDGE))
    return Quality(lens, grams.astype(np.float32), (FORM * waves).astype(np.float32), bias, threshold)


def predict(model: Quality, corpus: Corpus) -> Doubles:
    """Return the expected gains of all rows at once; the same as one by one."""
    table = Table.of(corpus, model.lens)
    expected = table.times(model.gram_weights.astype(np.float64), model.wave_weights.astype(np.float64))
    return model.bias + expected


def focus(corpus: Corpus) -> Lens:
    """Learn from the prompts alone how rare each n-gram is and how far the facts are spread."""
    rows = len(corpus.facts)
    found = np.bincount(corpus.columns, minlength=BUCKETS)
    facts = corpus.facts.astype(np.float64)
    draw = np.random.default_rng(SEED)
    # A fact that never changed says nothing: an infinite spread takes it out.
    spread = np.where(np.ptp(facts, axis=0) > 0, facts.std(axis=0), np.inf)
    return Lens(
        np.log((1 + rows) / (1 + found)).astype(np.float32),
        facts.mean(axis=0).astype(np.float32),
        spread.astype(np.float32),
        (draw.standard_normal((FACTS, WAVES)) * np.sqrt(2 * WIDTH / FACTS)).astype(np.float32),
        draw.uniform(0, 2 * np.pi, WAVES).astype(np.float32),
    )


def solve(kernel: Callable[[Doubles], Doubles], wanted: Doubles, ridge: float) -> Doubles:
    """Solve (kernel + ridge) x = wanted by conjugate gradients (Hestenes and Stiefel, 1952)."""
    solution = np.zeros_like(wanted)
    residual = wanted.copy()
    direction = residual.copy()
    size = float(residual @ residual)
    enough = size * CLOSE_ENOUGH**2
    for _ in range(STEPS):
        if size <= enough:
            break
        image = kernel(direction) + ridge * direction
        step = size / float(direction @ image)
        solution += step * direction
        residual -= step * image
        before, size = size, float(residual @ residual)
        direction = residual + (size / before) * direction
    return solution

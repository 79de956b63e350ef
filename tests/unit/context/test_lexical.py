"""BM25."""

import math

import numpy as np
import pytest

from penstock.chunkers import Chunkers
from penstock.context.digest import digest
from penstock.context.lexical import K1, PROSE, WHOLE, B, Matches, best_chunks
from penstock.context.snapshot import Snapshot
from penstock.context.words import term

TEXTS = {
    "a.py": "walrus = penguin\n",
    "b.py": "penguin = otter + seal + otter\n",
    "c.py": "# walrus\nx = 1\n",
    "d.py": "",
}


@pytest.fixture(scope="module")
def snapshot():
    return Snapshot(list(TEXTS), [digest(it.encode(), "python", Chunkers(), len) for it in TEXTS.values()])


def test_a_file_s_score_is_the_formula_s(snapshot):
    """One term, one file, by hand."""
    found = Matches(snapshot, [term("otter")])
    mean = np.array([2, 4, 3, 0]).mean()
    rarity = math.log(1 + (4 - 1 + 0.5) / 1.5)
    expected = rarity * 2 * (K1 + 1) / (2 + K1 * (1 - B + B * 4 / mean))
    assert found.files(np.ones(1), WHOLE)[1] == pytest.approx(expected)


def test_rare_terms_weigh_more(snapshot):
    """A term of one file tells more than one of two; one of none tells nothing."""
    found = Matches(snapshot, [term("otter"), term("penguin"), term("nowhere")])
    assert found.rarity[0] > found.rarity[1] > found.rarity[2] == 0


def test_comments_are_a_field_of_their_own(snapshot):
    """Only the file whose comment says it scores there."""
    scores = Matches(snapshot, [term("walrus")]).files(np.ones(1), PROSE)
    assert np.flatnonzero(scores).tolist() == [2]


def test_the_best_chunk_stands_for_its_file(snapshot):
    """A file without chunks has nothing."""
    found = Matches(snapshot, [term("walrus")])
    best = best_chunks(snapshot, found.chunks(np.ones(1), found.chunk_gains()))
    assert (best > 0).tolist() == [True, False, True, False]


def test_coverage_is_the_share_of_what_was_asked(snapshot):
    """A file that says all has 1."""
    found = Matches(snapshot, [term("walrus"), term("penguin")])
    assert found.coverage(np.ones(2)).tolist() == [1, 0.5, 0.5, 0]


def test_no_terms_no_scores(snapshot):
    """Nothing asked is nothing found."""
    found = Matches(snapshot, [])
    assert not found.files(np.ones(0), WHOLE).any()
    assert not best_chunks(snapshot, found.chunks(np.ones(0), found.chunk_gains())).any()
    assert best_chunks(Snapshot([], []), np.zeros(0)).tolist() == []

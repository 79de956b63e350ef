"""BM25 over files and chunks. Source: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009."""

from collections.abc import Sequence

import numpy as np

from penstock.context.snapshot import Floats, Snapshot, summed

K1, B = 1.2, 0.75
LOW_K1, LOW_B = 0.7, 0.4
"""For chunks that are short because they were cut, not because they say little."""
_FIELDS_IN_CHUNKS = np.array([1.0, 0.3, 2.0])
"""What a mention in the text, a comment or string, and a defined name adds to a chunk's count."""
WHOLE, PROSE = 0, 1


class Matches:
    """Where a set of terms stands in a snapshot; scored under any weights of the terms."""

    def __init__(self, snapshot: Snapshot, terms: Sequence[int]) -> None:
        self._snapshot = snapshot
        self._files = len(snapshot.paths)
        self._terms = len(terms)
        found = snapshot.postings(terms)
        self._term, self._chunk = found.term, found.chunk
        key = found.term * self._files + snapshot.file_of[found.chunk]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        self._owner, self._file = (
            (key[first] // self._files, key[first] % self._files) if len(key) else (key, key)
        )
        counts = np.add.reduceat(found.counts[:, :2], first, axis=0) if len(first) else found.counts[:, :2]
        lengths = snapshot.file_lengths[:, :2]
        norm = K1 * (1 - B + B * lengths / np.maximum(snapshot.mean_length[:2], 1.0))
        self._gains = counts * (K1 + 1) / (counts + norm[self._file])
        self._said = found.counts @ _FIELDS_IN_CHUNKS
        self.number = np.bincount(self._owner, minlength=self._terms)
        self.rarity = np.log(1 + (self._files - self.number + 0.5) / (self.number + 0.5)) * (self.number > 0)
        """Inverse document frequency of each term; 0 for one that stands nowhere."""

    def files(self, weights: Floats, field: int) -> Floats:
        """Return each file's score in one field."""
        points = self._gains[:, field] * (self.rarity * weights)[self._owner]
        return summed(self._file, points, self._files)

    def chunk_gains(self, k1: float = K1, b: float = B) -> Floats:
        """Return what each posting adds to its chunk, before the terms' weights."""
        sizes = self._snapshot.lengths[:, WHOLE]
        spread = k1 * (1 - b + b * sizes / max(float(self._snapshot.mean_chunk), 1.0))
        gains: Floats = self._said * (k1 + 1) / (self._said + spread[self._chunk])
        return gains

    def chunks(self, weights: Floats, gains: Floats) -> Floats:
        """Return each chunk's score."""
        points: Floats = gains * (self.rarity * weights)[self._term]
        return summed(self._chunk, points, len(self._snapshot.file_of))

    def coverage(self, weights: Floats) -> Floats:
        """Return the share of the terms' weight times rarity that each file says at all."""
        mass = self.rarity * weights
        return summed(self._file, mass[self._owner], self._files) / max(float(mass.sum()), 1e-9)


def best_chunks(snapshot: Snapshot, chunks: Floats) -> Floats:
    """Return each file's best chunk."""
    out = np.zeros(len(snapshot.paths))
    if len(chunks):
        filled = np.flatnonzero(np.diff(snapshot.first_chunk))
        out[filled] = np.maximum.reduceat(chunks, snapshot.first_chunk[filled])
    return out

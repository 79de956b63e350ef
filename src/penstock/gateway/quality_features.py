"""What a prompt looks like to the router: counts of character n-grams, and a few facts about its form.

Pure functions over text. A long prompt is looked at by its first and last bytes only, so that the time
a decision takes has a bound.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BUCKETS: Final = 1 << 14
"""Columns that n-grams are hashed into."""
GRAMS: Final = (3, 4)
"""Lengths of the n-grams, in bytes of UTF-8."""
HEAD, TAIL = 2560, 1024
"""Bytes that are looked at from either end."""
_SHIFT: Final = np.uint32(32 - 14)
_MIX: Final = np.uint32(0x9E3779B1)  # Knuth's multiplicative hash: the golden ratio of 2^32
_STEP: Final = np.uint32(0x01000193)  # the prime of FNV-1a
_DIGITS: Final = slice(48, 58)
_NUMERALS: Final = frozenset("0123456789")
_CAPITALS: Final = slice(65, 91)
_SYMBOLS: Final = np.frombuffer(b"=+^*/<>", np.uint8)
FACTS: Final = 20


class Looks(NamedTuple):
    """What is known of a prompt before it is answered."""

    buckets: NDArray[np.intp]
    """Columns of the n-grams in it, each once, ascending."""
    weights: Floats
    """1 + log of how often each occurs."""
    facts: Floats
    """FACTS numbers about its form."""


def look(prompt: str) -> Looks:
    """Look at a prompt, in time that does not grow with its length past HEAD + TAIL bytes."""
    size = len(prompt)
    if size > HEAD + TAIL:
        prompt = f"{prompt[:HEAD]} {prompt[-TAIL:]}"
    lowered = prompt.lower()
    words = lowered.split()
    plain = f" {' '.join(words)} "
    buckets, weights = _grams(plain.encode(errors="replace"))
    return Looks(buckets, weights, _facts(prompt, size, plain, words))


def _grams(text: bytes) -> tuple[NDArray[np.intp], Floats]:
    """Return the buckets of the n-grams of `text`, and the weight of each."""
    letters = np.frombuffer(text, np.uint8).astype(np.uint32)
    parts = []
    hashed = letters
    for length in range(2, GRAMS[-1] + 1):
        hashed = hashed[:-1] * _STEP + letters[length - 1 :]
        if length in GRAMS:
            parts.append((hashed * _MIX) >> _SHIFT)
    counts = np.bincount(np.concatenate(parts).astype(np.intp), minlength=BUCKETS)
    buckets = np.flatnonzero(counts)
    return buckets, (1.0 + np.log(counts[buckets])).astype(np.float32)


def _facts(prompt: str, size: int, plain: str, words: list[str]) -> Floats:
    """Return lengths, choices, numbers, wording and marks. What it is about is the n-grams' to say."""
    counts = np.bincount(np.frombuffer(prompt.encode(errors="replace"), np.uint8), minlength=256)
    question, choices = _choices(prompt)
    lengths = [len(choice) for choice in choices] or [0]
    digits = int(counts[_DIGITS].sum())
    looked = max(1, len(prompt))
    logarithms = np.log1p(
        [
            size,
            question,
            sum(lengths) / len(lengths),
            max(lengths),
            min(lengths),
            digits,
            int(counts[_SYMBOLS].sum()),
            int(counts[46]),  # full stops
            int(counts[_CAPITALS].sum()),
        ]
    )
    shares = [
        digits / looked,
        sum(not _NUMERALS.isdisjoint(choice) for choice in choices) / max(1, len(choices)),
        (len(plain) - 1) / max(1, len(words)),  # letters of a word
        len(set(words)) / max(1, len(words)),
        int(counts[44]) / looked,  # commas
    ]
    marks = [
        bool(choices),
        counts[63] > 0,  # a question mark
        counts[34] > 0 or "\u201c" in prompt,
        counts[36] > 0,  # money
        counts[128:].any(),
        " how m" in plain,
    ]
    return np.array([*logarithms, *shares, *marks], np.float32)


def _choices(prompt: str) -> tuple[int, list[str]]:
    """Return the length of the question, and the answers to choose from (`A. ...` or `B) ...` lines)."""
    question, choices = 0, []
    for line in prompt.split("\n"):
        if len(line) > 2 and line[1] in ".)" and line[0].isalnum():
            choices.append(line[3:])
        else:
            question += len(line)
    return question, choices

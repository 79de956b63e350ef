"""Outcomes of a weak and a strong model on the same prompts, read from a file of JSON lines."""

import gzip
import zlib
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.cli.parts.trouble import Trouble

FEWEST: Final = 20
"""Prompts, below which nothing can be learned or said."""
SHOWN: Final = 5
"""Mistakes that are shown, of however many there are."""
_GZIP: Final = b"\x1f\x8b"


class Outcome(msgspec.Struct):
    """One line; other fields are ignored."""

    prompt: str
    weak: bool | float
    """Score of the weak model: 0 or 1, or a number that is higher when better."""
    strong: bool | float
    """Score of the strong model."""


class Outcomes(NamedTuple):
    """A file of outcomes, one row for each line."""

    prompts: list[str]
    weak: NDArray[np.float64]
    strong: NDArray[np.float64]

    @property
    def gains(self) -> NDArray[np.float64]:
        """What the strong model is better by."""
        return self.strong - self.weak

    @property
    def width(self) -> float:
        """The range of the scores; at least that from 0 to 1."""
        scores = np.concatenate([self.weak, self.strong])
        return float(max(scores.max(), 1.0) - min(scores.min(), 0.0))

    def take(self, rows: NDArray[np.intp]) -> "Outcomes":
        """Return some of the rows."""
        return Outcomes([self.prompts[row] for row in rows], self.weak[rows], self.strong[rows])

    def marks(self) -> NDArray[np.uint64]:
        """Return a number for each prompt, by which it is known again."""
        digests = (blake2b(p.encode(errors="replace"), digest_size=8).digest() for p in self.prompts)
        return np.frombuffer(b"".join(digests), np.uint64)


def read(file: Path) -> Outcomes:
    """Read JSON lines, or gzipped ones. Raises Trouble that names the lines that are wrong, OSError."""
    decoder = msgspec.json.Decoder(Outcome)
    found: list[Outcome] = []
    mistakes: list[str] = []
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            mistakes.append(f"{file}:{number}: {error}")
    if mistakes:
        more = [f"and {len(mistakes) - SHOWN} more"] if len(mistakes) > SHOWN else []
        form = 'lines are {"prompt": "...", "weak": 0, "strong": 1}'
        raise Trouble("\n".join([*mistakes[:SHOWN], *more]), form, code=2)
    if len({it.prompt for it in found}) < FEWEST:
        raise Trouble(f"{file} has outcomes of fewer than {FEWEST} prompts", code=2)
    return Outcomes(
        [it.prompt for it in found],
        np.array([it.weak for it in found], np.float64),
        np.array([it.strong for it in found], np.float64),
    )


def _text(file: Path) -> bytes:
    raw = file.read_bytes()
    if not raw.startswith(_GZIP):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Trouble(f"{file} is damaged: {error}", code=2) from None

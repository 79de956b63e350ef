"""What each kind of evidence weighs in any repository, fitted on the development set, and what it is called.

Made by `scripts/bench search --learn`. Columns without a weight count only where a
repository's own past gives them one.
"""

from collections.abc import Mapping
from zlib import crc32

import numpy as np

from penstock.context.features import NAMES

_BY_NAME: Mapping[str, float] = {
    "prose": -0.803,
    "chunk": 0.884,
    "chunk_low": 0.486,
    "title_body": 0.536,
    "rare_body": 0.902,
    "rare_chunk": 1.011,
    "rare_title_chunk": 0.700,
    "path": 1.062,
    "identifier_defined": -0.289,
    "identifier_used": 0.711,
    "path_said": 0.923,
    "stem_said": 0.602,
    "frame": 1.025,
    "past": -0.553,
    "past_sure": 0.996,
    "past_recent": 0.608,
    "past_rank": 0.508,
    "spoken_title": 1.125,
    "frequency": -1.250,
    "recent": 0.780,
    "recency": 0.823,
    "folder_past": 0.491,
    "walk": 1.430,
    "test": -2.195,
    "example": -1.401,
    "document": -1.477,
    "other": -0.576,
    "vendored": -1.145,
    "script": 0.369,
    "main_language": 1.899,
}
WEIGHTS = np.array([_BY_NAME.get(name, 0.0) for name in NAMES])
FINGERPRINT = f"{crc32(WEIGHTS.tobytes()):08x}"
"""Changes with the weights: what was learned from others is not taken for learned from these."""

SLOPE, BIAS = 1.088, 0.487
"""Of the logistic curve from a share to a confidence."""

REASONS: Mapping[str, str] = {
    "identifier_defined": "defines a name in the question",
    "path": "its path says it",
    "title_path": "its path says the title",
    "path_said": "the question names its path",
    "stem_said": "the question names it",
    "folder_said": "the question names its folder",
    "module_said": "the question names its module",
    "frame": "stands in the traceback",
    "past": "similar changes touched it",
    "past_sure": "similar changes touched it",
    "past_recent": "similar changes touched it",
    "past_rank": "similar changes touched it",
    "spoken_title": "changes to it were called alike",
    "folder_past": "similar changes touched its folder",
    "recent": "was changed lately",
    "recency": "was changed lately",
    "walk": "imports, or is imported by, other results",
    "votes": "tests that say it import it",
}
"""What is said of a file for which a column speaks; the words that a place says are named beside it."""

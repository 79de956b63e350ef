"""What each kind of evidence weighs in any repository, fitted on the development set, and what it is called.

Made by `scripts/bench search --learn`. Columns without a weight count only where a
repository's own past gives them one.
"""

from collections.abc import Mapping
from zlib import crc32

import numpy as np

from penstock.context.features import NAMES

_BY_NAME: Mapping[str, float] = {
    "prose": -0.831,
    "chunk": 0.867,
    "chunk_low": 0.404,
    "title_body": 0.511,
    "rare_body": 0.933,
    "rare_chunk": 1.045,
    "rare_title_chunk": 0.678,
    "path": 0.809,
    "identifier_defined": -0.256,
    "identifier_used": 0.681,
    "path_said": 0.987,
    "stem_said": 0.631,
    "frame": 1.051,
    "scope": 1.773,
    "past": -0.479,
    "past_sure": 1.064,
    "past_recent": 0.605,
    "past_rank": 0.469,
    "spoken_title": 1.010,
    "frequency": -1.090,
    "recent": 0.736,
    "recency": 0.780,
    "folder_past": 0.465,
    "walk": 1.419,
    "test": -2.127,
    "example": -1.418,
    "document": -1.435,
    "other": -0.633,
    "vendored": -1.121,
    "script": 0.365,
    "main_language": 1.922,
}
WEIGHTS = np.array([_BY_NAME.get(name, 0.0) for name in NAMES])
FINGERPRINT = f"{crc32(WEIGHTS.tobytes()):08x}"
"""Changes with the weights: what was learned from others is not taken for learned from these."""

SLOPE, BIAS = 1.057, 0.523
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
    "scope": "the title names its part of the repository",
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

"""What each kind of evidence weighs in any repository, fitted on the development set, and what it is called.

Made by `scripts/bench search --learn`. Columns without a weight count only where a
repository's own past gives them one.
"""

from collections.abc import Mapping
from zlib import crc32

import numpy as np

from penstock.context.features import NAMES

_BY_NAME: Mapping[str, float] = {
    "body": 0.260,
    "prose": -0.916,
    "chunk": 0.736,
    "chunk_low": 0.374,
    "title_body": 0.454,
    "rare_body": 0.742,
    "rare_chunk": 0.990,
    "rare_title_chunk": 0.613,
    "coverage": 0.112,
    "path": 0.469,
    "title_path": 0.828,
    "identifier_defined": -0.312,
    "identifier_used": 0.687,
    "path_said": 1.033,
    "stem_said": 0.642,
    "folder_said": 0.838,
    "module_said": 0.077,
    "frame": 1.018,
    "past": -0.653,
    "past_sure": 1.064,
    "past_recent": 0.605,
    "past_rank": 0.555,
    "spoken_title": 0.964,
    "frequency": -1.242,
    "fixes": -0.316,
    "recent": 0.823,
    "recency": 0.817,
    "folder_past": 0.376,
    "folder_fixes": 0.248,
    "walk": 1.597,
    "votes": -0.120,
    "test": -1.678,
    "example": -1.468,
    "document": -1.235,
    "other": -0.601,
    "vendored": -1.521,
    "script": 0.432,
    "main_language": 1.870,
    "entry": -0.165,
    "definitions": 0.486,
}
WEIGHTS = np.array([_BY_NAME.get(name, 0.0) for name in NAMES])
FINGERPRINT = f"{crc32(WEIGHTS.tobytes()):08x}"
"""Changes with the weights: what was learned from others is not taken for learned from these."""

SLOPE, BIAS = 1.000, 0.000
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

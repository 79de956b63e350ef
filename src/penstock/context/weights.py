"""Weights fitted on the development set, and what the evidence is called; made by `bench/search.py --learn`."""

from collections.abc import Mapping

import numpy as np

from penstock.context.features import NAMES

_BY_NAME: Mapping[str, float] = {
    "body": 0.501,
    "prose": -1.081,
    "chunk": 0.945,
    "chunk_low": 0.411,
    "title_body": 0.478,
    "rare_body": 0.936,
    "rare_chunk": 0.978,
    "rare_title_chunk": 0.599,
    "coverage": 0.046,
    "path": 0.561,
    "title_path": 0.974,
    "identifier_defined": -0.293,
    "identifier_used": 0.65,
    "path_said": 1.086,
    "stem_said": 0.563,
    "folder_said": 1.204,
    "module_said": -0.051,
    "frame": 1.1,
    "past": -0.475,
    "past_sure": 1.258,
    "past_recent": 0.631,
    "past_rank": 0.381,
    "spoken_title": 0.832,
    "frequency": -1.35,
    "fixes": -0.182,
    "recent": 0.807,
    "recency": 0.829,
    "folder_past": 0.418,
    "folder_fixes": 0.271,
    "walk": 1.338,
    "votes": -0.058,
    "test": -2.406,
    "example": -1.714,
    "document": -1.615,
    "other": -0.714,
    "vendored": -2.037,
    "script": 0.34,
    "main_language": 2.276,
    "entry": -0.169,
    "definitions": 0.613,
}
WEIGHTS = np.array([_BY_NAME.get(name, 0.0) for name in NAMES])

SLOPE, BIAS = 1.000, 0.000
"""Of the logistic curve from a share to a confidence."""

REASONS: Mapping[str, str] = {
    "body": "says the same words",
    "chunk": "one place says many of the words",
    "chunks": "says the same words",
    "title_body": "says the words of the title",
    "title_chunk": "one place says the words of the title",
    "prose": "comments and strings say it",
    "title_prose": "comments and strings say it",
    "defined": "defines what is named",
    "title_defined": "defines what the title names",
    "identifier_defined": "defines a name in the question",
    "identifier_used": "uses a name in the question",
    "identifier_stem": "is called like a name in the question",
    "path": "its path says it",
    "title_path": "its path says the title",
    "path_said": "the question names its path",
    "stem_said": "the question names it",
    "stem_title": "the question names it",
    "folder_said": "the question names its folder",
    "module_said": "the question names its module",
    "frame": "stands in the traceback",
    "frame_last": "stands in the traceback",
    "past": "similar changes touched it",
    "past_best": "a similar change touched it",
    "past_title": "similar changes touched it",
    "fixes": "was often mended",
    "recent": "was changed lately",
    "recency": "was changed lately",
    "walk": "is close to other results",
    "companion": "changes together with other results",
    "votes": "is tested by tests that say it",
}

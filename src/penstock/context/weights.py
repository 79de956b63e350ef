"""Weights fitted on the development set, and what the evidence is called; made by `bench/search.py --learn`."""

from collections.abc import Mapping

import numpy as np

from penstock.context.features import NAMES

_BY_NAME: Mapping[str, float] = {
    "body": 1.113,
    "prose": -0.835,
    "defined": -0.283,
    "path": 0.514,
    "chunk": 2.366,
    "chunks": 0.799,
    "title_body": 0.937,
    "title_prose": -0.35,
    "title_defined": 0.261,
    "title_path": 1.217,
    "title_chunk": 0.256,
    "identifier_defined": -0.35,
    "identifier_used": 0.785,
    "identifier_stem": 0.384,
    "path_said": 1.081,
    "stem_said": 0.699,
    "stem_title": -0.463,
    "folder_said": 0.961,
    "module_said": 0.005,
    "frame": 0.944,
    "frame_last": 0.853,
    "past": 0.038,
    "past_best": 1.233,
    "past_title": 0.592,
    "frequency": -1.327,
    "fixes": 0.207,
    "recent": 1.336,
    "recency": 0.682,
    "companion": 0.067,
    "votes": 0.203,
    "walk": 1.49,
    "imported": -0.032,
    "size": -0.294,
    "definitions": 0.223,
    "test": -2.387,
    "example": -1.969,
    "document": -1.623,
    "other": -0.809,
    "main_language": 2.471,
    "entry": -0.178,
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

"""Estimates token counts of models whose tokenizers are not public, and says that it does.

The shape of the text (words, digits, marks, blanks, scripts) gives what OpenAI's o200k encoding would
count: fitted on 900 texts of code, prose and JSON in six languages, 3 % off at the median, 11 % at the
90th percentile. A factor per family of models, taken from replies with known counts, does the rest.
About 1 s per 6 million characters, all of it holding the interpreter: callers use a thread for more
than 50 kB (G9), and of a very long text only samples are counted, evenly spread (P15).
"""

import math
import re
from typing import Final

_SHAPES: Final = re.compile(
    r"([A-Za-z]+)|([0-9]+)|([ \t]{2,})|([\r\n]+)|([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)"
    r"|([^\x00-\x7f]+)|([!-/:-@\[-`{-~]+)"
)
_WEIGHTS: Final = (
    (0.92, 0.25, 7),
    (2.2, 0.73, 3),
    (1.2, 0.0, 0),
    (0.3, 0.0, 0),
    (0.0, 0.7, 0),
    (0.6, 0.2, 1),
    (0.67, 0.43, 1),
)
"""Per group of `_SHAPES`: tokens of a run, tokens of each character beyond so many."""

FACTORS: Final = (
    ("gpt-", 1.0),
    ("claude-3", 1.16),
    ("claude-haiku-4", 1.16),
    ("claude-sonnet-4", 1.18),
    ("claude", 1.25),
    ("gemini", 1.12),
    ("gemma", 1.12),
    ("llama", 1.05),
    ("mixtral", 1.25),
    ("open-mi", 1.25),
    ("mistral-tiny", 1.25),
    ("mistral", 1.05),
    ("qwen", 1.03),
    ("deepseek", 1.03),
)
"""Beginning of a model's name -> tokens per token of o200k."""
OTHERS: Final = 1.1
READ_WHOLE: Final = 400_000
"""Characters up to which a text is counted in full."""
SAMPLES: Final = 50
SAMPLE: Final = 4_000
"""Characters of each sample."""


def estimate(model: str, text: str) -> tuple[int, bool]:
    """Return about how many tokens the text is to the model; never exact."""
    if not text:
        return 0, False
    return max(1, math.ceil(_tokens(text) * factor_of(model))), False


def factor_of(model: str) -> float:
    """Tokens of the model per token of o200k."""
    name = model.lower().rpartition("/")[2]
    return next((factor for start, factor in FACTORS if name.startswith(start)), OTHERS)


def _tokens(text: str) -> float:
    if len(text) <= READ_WHOLE:
        return _counted(text)
    step = len(text) / SAMPLES
    sample = "\n".join(text[int(n * step) : int(n * step) + SAMPLE] for n in range(SAMPLES))
    return _counted(sample) * len(text) / len(sample)


def _counted(text: str) -> float:
    total = 0.0
    for run in _SHAPES.finditer(text):
        of_run, per_character, beyond = _WEIGHTS[(run.lastindex or 1) - 1]
        total += of_run + per_character * max(0, run.end() - run.start() - beyond)
    return total

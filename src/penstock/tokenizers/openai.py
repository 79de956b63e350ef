"""Counts tokens as OpenAI's models do: exactly, without network, from the ranks that ship with Penstock.

Only the text is counted, not the few tokens that each message and tool costs on top. Counting takes
about 1 s per million characters at worst, without holding the interpreter's lock: callers use a thread
for more than 50 kB (G9). The first count of an encoding reads its ranks (0.2 s, 50 MB).
"""

import functools
import re
import threading
import zlib
from importlib import resources
from typing import Final

import tiktoken

from penstock.protocols import CountTokens

ENCODINGS: Final = (
    ("gpt-3.5", "cl100k_base"),
    ("gpt-35", "cl100k_base"),
    ("gpt-4.", "o200k_base"),
    ("gpt-4o", "o200k_base"),
    ("chatgpt-4o", "o200k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-5", "o200k_base"),
    ("gpt-oss", "o200k_base"),
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4-mini", "o200k_base"),
    ("text-embedding-3-", "cl100k_base"),
    ("text-embedding-ada-002", "cl100k_base"),
    ("davinci-002", "cl100k_base"),
    ("babbage-002", "cl100k_base"),
)
"""Beginning of a model's name -> encoding, the first that fits. Source: tiktoken's table of models."""

_BLANKS: Final = re.compile(r"(\s{20000})")
"""The pattern matcher overflows its stack on some 500,000 blanks; cut, they count a token more or less."""


_LOADING: Final = threading.Lock()


def encoding_of(model: str) -> str | None:
    """Name a model's encoding, whatever prefix a router gave it; None: it is not OpenAI's."""
    name = model.lower().rpartition("/")[2].removeprefix("ft:")
    return next((encoding for start, encoding in ENCODINGS if name.startswith(start)), None)


class OpenAITokens:
    """A `CountTokens`: exact for OpenAI's models, and handing on all others."""

    def __init__(self, otherwise: CountTokens) -> None:
        self._otherwise = otherwise

    def __call__(self, model: str, text: str) -> tuple[int, bool]:
        """Return the number of tokens in the text and whether it is exact."""
        name = encoding_of(model)
        if name is None:
            return self._otherwise(model, text)
        pieces = _BLANKS.split(text)
        with _LOADING:  # one thread builds it; the others wait instead of building it too
            encoding = _encoding(name)
        return sum(len(encoding.encode_ordinary(piece)) for piece in pieces), len(pieces) == 1


@functools.cache
def _encoding(name: str) -> tiktoken.Encoding:
    packed = resources.files("penstock").joinpath("data", f"{name}.ranks").read_bytes()
    pattern, _, tokens = zlib.decompress(packed).partition(b"\n")
    ranks = _ranks(tokens)
    encoding = tiktoken.Encoding(
        name=name, pat_str=pattern.decode(), mergeable_ranks=ranks, special_tokens={}
    )
    ranks.clear()  # it has its own copy, and only decoding would need this one: 25 MB
    return encoding


def _ranks(tokens: bytes) -> dict[bytes, int]:
    """Read tokens in the order of their ranks, each after one byte with its length."""
    ranks: dict[bytes, int] = {}
    at = 0
    while at < len(tokens):
        end = at + 1 + tokens[at]
        ranks[tokens[at + 1 : end]] = len(ranks)
        at = end
    return ranks

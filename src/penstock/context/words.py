"""Text as terms: identifiers kept whole and taken apart, endings dropped.

A term is a 32-bit hash of its letters, so that no vocabulary has to be kept or shared; among the
300,000 terms of a large repository about ten pairs coincide, which no ranking notices.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

_WORD = re.compile(r"[^\W_][\w$]*|_+[^\W_]\w*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_LONGEST = 64

STOP = frozenset(
    """
    a about above after again all also am an and any are aren as at be because been before being below
    between both but by can cannot could couldn d did didn do does doesn doing don down during each
    either else etc ever few for from further get gets getting give given got had has have having he
    hence her here hers him his how however i ie if in instead into is isn it its itself just let like
    ll m make makes making many may maybe me might more most much must my need needs no nor not now of
    off often ok on once one only or other our out over own perhaps please quite rather re really s same
    see seem seems she should shouldn since so some something still such sure t than thank thanks that
    the their them then there these they thing things this those though through thus to too try trying
    two under until up upon us use used uses using ve very want wants was wasn way we well were what
    when where whether which while who whole why will with within without won would wouldn yet you your
    """.split()
)


def words(text: str) -> list[str]:
    """Return the identifiers and words of `text`, in order."""
    return _WORD.findall(text)


@lru_cache(maxsize=200_000)
def parts(word: str) -> tuple[str, ...]:
    """Return the stemmed parts of an identifier, lower case: `getURLFor_x1` -> get, url, for, x, 1."""
    return tuple(stem(part.lower()) for part in _PART.findall(word))


@lru_cache(maxsize=200_000)
def terms(word: str) -> tuple[int, ...]:
    """Return the terms of one word: itself when it is a compound, and its parts."""
    if len(word) > _LONGEST:
        return ()
    pieces = parts(word)
    if len(pieces) < 2:
        return tuple(term(piece) for piece in pieces if len(piece) > 1)
    pairs = [f"{one}+{other}" for one, other in pairwise(pieces)] if len(pieces) > 2 else ()
    return (
        term("+".join(pieces)),
        *(term(piece) for piece in pieces if len(piece) > 1),
        *(term(pair) for pair in pairs),
    )


@lru_cache(maxsize=200_000)
def term(text: str) -> int:
    """Return the hash that stands for `text`."""
    return crc32(text.encode(errors="replace"))


def whole(word: str) -> int:
    """Return the term that stands for the word as a whole."""
    return term("+".join(parts(word)))


def all_terms(text: str) -> Iterable[int]:
    """Return the terms of all words of `text`, in order."""
    for word in _WORD.findall(text):
        yield from terms(word)


def stem(word: str) -> str:
    """Drop the endings of plurals and verbs, so that `handles`, `handled`, `handling` are one."""
    if len(word) < 4:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word

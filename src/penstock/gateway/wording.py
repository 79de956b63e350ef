"""What a request says: its words without their endings, and everything in it that must not differ.

A `Reading` is made once per text and kept beside a cached answer; two readings are compared in `vetoes`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from penstock.gateway.commands import belonging, placed, quieted, shown
from penstock.gateway.lexicon import ACTING, DIRECTED, KINDS, LEAVING_OUT, NEGATIVE, PERSONS, ROLES, SHOWING
from penstock.gateway.phrases import STRAIGHT, Token, carries, framed, tokens_of

LONGEST: Final = 4_000
"""Characters; a longer text is too much for a comparison of words."""

_OUGHT: Final = frozenset(("should", "must", "ought", "shall"))
_POINTING: Final = re.compile(
    r"\b(these|(the|this) (following|attached|above)"
    r"|this (?!year|month|week|day|time|morning|evening|possible)\w+"
    r"|(is|does|do|about|of|like) this\b(?= *[,?.!]))\b"
    r"|^(what|who|where|why|how) (is|are|does|was) (this|that|it|they)\b",
    re.IGNORECASE,
)
_PERSONAL: Final = re.compile(
    r"^(am|was) i\b|^(should|do|did|will|would|have) i\b|\b(which|what) [\w ]{0,60}\b(i should|should i)\b"
    r"|\bmy chances?\b|\bchances (that )?i\b|\bam i\b|\bi (am|was|have|had|got|scored|lied|did)\b",
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(r"^\W*(what|who) (is|are|was|were) the (\w+[ ?])?\w*\W*$", re.IGNORECASE)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one text says. Counts are given as sorted pairs, so that readings can be stored and compared."""

    text: str
    kind: str
    """What is asked for: how, what, why, ..., whether; `do` for a command."""
    whys: int
    tense: str
    """future, past, ought, or empty for the present and for commands."""
    words: tuple[str, ...]
    """Words that carry meaning, in order, without endings; literals and numbers too."""
    numbers: tuple[str, ...]
    units: tuple[str, ...]
    versions: tuple[str, ...]
    identifiers: tuple[str, ...]
    flags: tuple[str, ...]
    paths: tuple[str, ...]
    quoted: tuple[str, ...]
    symbols: tuple[str, ...]
    names: frozenset[str]
    """Words written as names."""
    negated: tuple[str, ...]
    """What follows each negation."""
    directed: tuple[str, ...]
    """`from:word`, `than:word`, ..."""
    chunks: tuple[tuple[str, tuple[str, ...]], ...]
    """Role, and the words in it, in order."""
    counted: tuple[tuple[str, str], ...]
    """Each number with the word before it."""
    parts: tuple[tuple[str, str], ...]
    """In a command, what each word belongs to."""
    places: tuple[tuple[str, str], ...]
    """In a command, literals in order, and whether it is looked there (in) or put there (to)."""
    script: str
    pointing: bool
    """Speaks of something that may stand outside the text."""
    personal: bool
    """The answer depends on who asks."""
    article: str
    """Whether the thing asked about is one that is known (`the`)."""
    joined: frozenset[str]
    """Which of `and`, `or` it uses."""


def read(text: str) -> Reading:
    """Take a text apart."""
    plain = text.translate(STRAIGHT).strip()[:LONGEST]
    tokens = list(tokens_of(framed(plain)))
    kind = _kind(tokens)
    parts = tuple(sorted(set(belonging(tokens)))) if kind == "do" else ()
    if kind == "do":
        tokens = quieted([shown(token) for token in tokens])
    kept = [token for token in tokens if carries(token)]
    return Reading(
        text=text,
        kind=kind,
        whys=sum(token.surface.lower() == "why" for token in tokens),
        tense=_tense(tokens, kind) if kind != "do" else "",
        words=(*(token.key for token in kept), *(() if kind == "do" else _persons(tokens))),
        numbers=_of(tokens, "number"),
        units=_of(tokens, "unit"),
        versions=_of(tokens, "version"),
        identifiers=_of(tokens, "identifier"),
        flags=_of(tokens, "flag"),
        paths=_of(tokens, "path"),
        quoted=tuple(sorted(token.surface for token in tokens if token.quoted)),
        symbols=_of(tokens, "symbol"),
        names=frozenset(_names(tokens)),
        negated=tuple(sorted(_following(tokens, NEGATIVE | LEAVING_OUT, 1 if kind == "do" else 2))),
        directed=tuple(sorted(_following(tokens, DIRECTED))),
        chunks=tuple(_chunks(tokens)),
        counted=tuple(_counted(kept)),
        parts=parts,
        places=tuple(placed(tokens)) if kind == "do" else (),
        script=_script(plain),
        pointing=bool(_POINTING.search(plain)),
        personal=kind != "do" and bool(_PERSONAL.search(plain)),
        article="the" if _ARTICLE.search(plain) else "",
        joined=frozenset(token.surface.lower() for token in tokens) & {"and", "or"},
    )


def _of(tokens: Sequence[Token], kind: str) -> tuple[str, ...]:
    return tuple(sorted(token.key for token in tokens if token.kind == kind))


def _kind(tokens: Sequence[Token]) -> str:
    lows = [token.surface.lower() for token in tokens]
    if not lows:
        return ""
    if lows[0] in ACTING or lows[0] in SHOWING:
        return "do"
    if lows[0] in KINDS:
        return KINDS[lows[0]]
    return next(
        (KINDS[low] for low in lows if low in {"how", "why", "when", "where", "who", "what", "which"}), ""
    )


def _tense(tokens: Sequence[Token], kind: str) -> str:
    lows = {token.surface.lower() for token in tokens}
    if kind != "how" and lows & _OUGHT:
        return "ought"
    if lows & {"will", "ll"}:
        return "future"
    return "past" if lows & {"was", "were", "did", "had"} else ""


def _names(tokens: Sequence[Token]) -> Iterator[str]:
    for number, token in enumerate(tokens):
        first = number == 0
        if token.kind == "word" and token.surface[0].isupper() and not first and carries(token):
            yield token.key


def _persons(tokens: Sequence[Token]) -> Iterator[str]:
    """Say whose it is, unless it belongs to whoever is the subject."""
    lows = [token.surface.lower() for token in tokens]
    for low in lows:
        if low in PERSONS:
            subject, says = PERSONS[low]
            if subject not in lows and "one" not in lows:
                yield f"whose:{says}"


def _following(tokens: Sequence[Token], of: frozenset[str], depth: int = 1) -> Iterator[str]:
    for number, token in enumerate(tokens):
        low = token.surface.lower()
        if low in of and not token.quoted:
            after = "+".join([later.key for later in tokens[number + 1 :] if carries(later)][:depth])
            yield f"{low if low in DIRECTED else 'not'}:{after}"


def _chunks(tokens: Sequence[Token]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Cut the words that carry meaning wherever a role begins; `and`, `or` go on with the role before."""
    role, words = "", list[str]()
    for token in tokens:
        low = token.surface.lower()
        begins = not token.quoted and low in ROLES
        if words and (begins or low in {"and", "or"}):
            yield role, tuple(words)
            words = []
        if begins:
            role = low
        if carries(token) and token.key != "best":
            words.append(token.key)
    if words:
        yield role, tuple(words)


def _counted(kept: Sequence[Token]) -> Iterator[tuple[str, str]]:
    before = ""
    for token in kept:
        if token.kind == "number":
            yield before, token.key
        before = token.key


def _script(text: str) -> str:
    """Return the name of the writing that most of its letters belong to."""
    counts = Counter(
        "latin" if ord(letter) < 0x250 else f"{ord(letter) >> 8:x}" for letter in text if letter.isalpha()
    )
    return counts.most_common(1)[0][0] if counts else ""

"""Reasons not to believe that two requests want the same answer, however near their vectors are."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from penstock.gateway.lexicon import ARGUMENTS, CONTRARY, OPPOSITES
from penstock.gateway.phrases import same
from penstock.gateway.wording import LONGEST, Reading

Veto = Callable[[Reading, Reading], bool]


def _differ(field: str) -> Veto:
    return lambda one, other: getattr(one, field) != getattr(other, field)


def _unsaid(field: str) -> Veto:
    """Whether one of them has what the other does not say, whichever way it writes it."""

    def against(one: Reading, other: Reading) -> bool:
        left = Counter(getattr(one, field)) - Counter(other.words)
        return bool(left or Counter(getattr(other, field)) - Counter(one.words))

    return against


def _quoted(one: Reading, other: Reading) -> bool:
    """Whether both quote, and not the same; where only one does, words are compared."""
    return bool(one.quoted and other.quoted) and one.quoted != other.quoted


def unmatched(one: Reading, other: Reading) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that only one of them says."""
    left, right = frozenset(one.words), frozenset(other.words)
    return left - right, right - left


_OPPOSITES: Final = frozenset(frozenset(map(same, pair)) for pair in OPPOSITES)


def _opposite(one: Reading, other: Reading) -> bool:
    left, right = unmatched(one, other)
    return any(frozenset((word, against)) in _OPPOSITES for word in left for against in right)


def _name(one: Reading, other: Reading) -> bool:
    left, right = unmatched(one, other)
    return bool(left & one.names or right & other.names)


def _word(one: Reading, other: Reading) -> bool:
    left, right = unmatched(one, other)
    return bool(left or right) or (one.kind != "do" and Counter(one.words) != Counter(other.words))


_ALIKE: Final = ({"how", "do"}, {"how", ""})
"""Kinds of question that are answered alike."""


def _question(one: Reading, other: Reading) -> bool:
    kinds = {one.kind, other.kind}
    return one.whys != other.whys or (len(kinds) > 1 and kinds not in _ALIKE)


def _order(one: Reading, other: Reading) -> bool:
    """Whether the same words play other parts: moved phrases and lists are let pass."""
    if one.directed != other.directed or _contrary(one, other):
        return True
    if _sequence(one) == _sequence(other):
        return False
    if one.counted != other.counted:
        return True
    if one.kind == other.kind == "do" and one.parts == other.parts and _same_places(one, other):
        return False
    return bool(one.directed) or Counter(one.chunks) != Counter(other.chunks)


def _sequence(reading: Reading) -> list[str]:
    return [word for _, chunk in reading.chunks for word in chunk]


def _contrary(one: Reading, other: Reading) -> bool:
    """Whether the same words stand in roles that make a difference: work for, work with."""
    roles = {words: role for role, words in one.chunks}
    return any(frozenset((role, roles.get(words, role))) in CONTRARY for role, words in other.chunks)


def _same_places(one: Reading, other: Reading) -> bool:
    """Whether arguments stay where they are, and literals in order or each in a place of its own."""
    if _arguments(one) != _arguments(other) or _pairs(one) != _pairs(other):
        return False
    if [key for _, key in one.places] == [key for _, key in other.places]:
        return True
    return Counter(one.places) == Counter(other.places) and len({role for role, _ in one.places}) == len(
        one.places
    )


def _arguments(reading: Reading) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((role, words) for role, words in reading.chunks if role in ARGUMENTS)


def _pairs(reading: Reading) -> set[tuple[str, str]]:
    """Words that stand side by side in one phrase, literals aside, and what `parts` tells."""
    aside = {"find", "file", "folder", "tree", "current", "regular", *(key for _, key in reading.places)}
    phrases = ([word for word in words if word not in aside] for _, words in reading.chunks)
    return {pair for phrase in phrases for pair in pairwise(phrase)}


def _joined(one: Reading, other: Reading) -> bool:
    """Whether one says `or` where the other says `and`; a command with alternatives asks for more."""
    if one.kind == other.kind == "do" and ("or" in one.joined) != ("or" in other.joined):
        return True
    return bool(one.joined and other.joined) and one.joined != other.joined


def _length(one: Reading, other: Reading) -> bool:
    """Whether there is too little to compare, or more than was read."""
    return not (one.words and other.words) or max(len(one.text), len(other.text)) > LONGEST


VETOES: Final[Sequence[tuple[str, Veto]]] = (
    ("length", _length),
    ("context", lambda one, other: one.pointing or other.pointing),
    ("person", lambda one, other: one.personal or other.personal),
    ("language", _differ("script")),
    ("version", _differ("versions")),
    ("number", _differ("numbers")),
    ("unit", _differ("units")),
    ("path", _unsaid("paths")),
    ("flag", _differ("flags")),
    ("identifier", _unsaid("identifiers")),
    ("quoted", _quoted),
    ("symbol", _differ("symbols")),
    ("negation", _differ("negated")),
    ("opposite", _opposite),
    ("question", _question),
    ("tense", _differ("tense")),
    ("name", _name),
    ("word", _word),
    ("article", _differ("article")),
    ("order", _order),
    ("joined", _joined),
)
"""Name -> whether it speaks against the pair; in the order of telling."""


def veto(one: Reading, other: Reading) -> str | None:
    """Return the name of the first veto against the pair, None when there is none."""
    return next((name for name, against in VETOES if against(one, other)), None)

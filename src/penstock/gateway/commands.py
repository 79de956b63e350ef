"""Requests that command: what in them is said only for good measure, and what belongs to what."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from penstock.gateway.lexicon import ADJECTIVES, COURTEOUS, MENDING, NOUNS, PLACES, ROLES, SHOWING, TARGETS
from penstock.gateway.phrases import ENDING, Token, carries, same

_ADJECTIVES: Final = frozenset(same(word) for word in ADJECTIVES)
_SEEKING: Final = frozenset(
    same(word) for word in ("find", "search", "look", "locate", "list", "display", "show")
)
_BESIDE: Final = frozenset(("file", "user", "word", "string"))
"""Words that say nothing beside a literal."""


def shown(token: Token) -> Token:
    """Say find, search, list, ... in one way, and make as create."""
    if token.kind == "word" and not token.quoted:
        if {token.surface.lower(), token.key} & SHOWING:
            return msgspec.structs.replace(token, key="find")
        if token.key == same("make"):
            return msgspec.structs.replace(token, key="create")
    return token


def quieted(tokens: Sequence[Token]) -> list[Token]:
    """Leave out what a command says only for good measure: `the file X` is X."""
    keys = {token.key for token in tokens}
    quiet = set[str]()
    if keys & {same(word) for word in MENDING}:
        quiet.add("find")
    if same(next((token.surface.lower() for token in tokens), "")) in _SEEKING:
        quiet.add("tree")
    if "own" in keys:
        quiet.add("user")
    kept = [
        token
        for number, token in enumerate(tokens)
        if token.kind != "word"
        or token.quoted
        or not (token.surface.lower() in COURTEOUS or token.key in quiet or _is_beside(tokens, number))
    ]
    if "folder" not in {token.key for token in kept}:
        kept = [token for token in kept if token.key != "file" or token.quoted]
    return kept


def _is_beside(tokens: Sequence[Token], number: int) -> bool:
    """Whether it only says what kind of thing the literal beside it is."""
    around = [*tokens[max(0, number - 2) : number], *tokens[number + 1 : number + 3]]
    if tokens[number].key == "folder":
        return any(token.kind == "path" or token.key in {"current", "hom"} for token in around)
    if tokens[number].key == "end":
        return any(ENDING.match(token.surface) for token in around)
    if tokens[number].key == "file" and any(token.key == "folder" for token in around):
        return False
    return tokens[number].key in _BESIDE and any(
        token.quoted or token.kind in {"path", "identifier"} for token in around
    )


def belonging(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield each adjective with the nearest thing that it can belong to; of two as near the later one."""
    kept = [token.key for token in tokens if carries(token)]
    nouns = [number for number, key in enumerate(kept) if key in NOUNS]
    for number, key in enumerate(kept):
        if key in _ADJECTIVES and nouns:
            yield key, kept[min(nouns, key=lambda at: (abs(at - number), at < number))]


def placed(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield each literal with its role, `in` or `to`; endings of names have none."""
    role = ""
    for token in tokens:
        low = token.surface.lower()
        if not token.quoted and low in ROLES:
            role = "in" if low in PLACES else "to" if low in TARGETS else ""
        elif token.kind == "path":
            yield role or "in", token.key
            role = ""
        elif token.quoted or (token.kind == "identifier" and not ENDING.match(token.surface)):
            yield "", token.key

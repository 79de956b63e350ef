"""YAML, TOML and JSON, cut at their top-level keys."""

import re
from collections.abc import Iterator

import msgspec

from penstock.chunkers.lines import cut
from penstock.domain.document import Chunked, Count, Definition, Piece

LANGUAGES = ("yaml", "toml", "json")

_YAML = re.compile(rb"^(?:- +)?([A-Za-z_\"'][^:\n#]*?)\s*:(?=[ \t\r\n]|$)", re.MULTILINE)
_TOML = re.compile(rb"^[ \t]*\[\[?([^\]\n]+)\]\]?", re.MULTILINE)
_TOKEN = re.compile(rb"\"(?:[^\"\\]|\\.)*\"|[{}\[\],]", re.DOTALL)
_COMMENTS = re.compile(rb"(?:^[ \t]*#[^\n]*\n)+\Z", re.MULTILINE)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    budget: int = 512
    """Most tokens in one piece."""


class Keys:
    """One piece per top-level key; small neighbours share one, large ones are cut at line ends."""

    def __init__(self, options: Options) -> None:
        self._budget = options.budget

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:
        """Cut `content`; what has no top-level key is cut by lines."""
        found = list(_members(content) if language == "json" else _headed(content, language))
        fallback = "" if found or not content.strip() else "no top-level keys"
        starts = [(0, "")] if not found or found[0][0] > 0 else []
        sections = [*starts, *found]
        ends = [*(start for start, _ in sections[1:]), len(content)]
        pieces: list[Piece] = []
        for (start, key), end in zip(sections, ends, strict=True):
            self._add(content, pieces, start, end, key, count)
        definitions = [
            Definition(key, "key", start, end, start)
            for (start, key), end in zip(sections, ends, strict=True)
            if key
        ]
        return Chunked(
            pieces=tuple(pieces),
            definitions=tuple(definitions),
            prose=((0, len(content)),),
            fallback=fallback,
        )

    def _add(self, content: bytes, pieces: list[Piece], start: int, end: int, key: str, count: Count) -> None:
        last = pieces[-1] if pieces else None
        if last is not None and count(content[last.start : end]) <= self._budget // 4:
            pieces[-1] = Piece(last.start, end, "key", last.symbol or key)
            return
        pieces += [Piece(a, b, "key", key) for a, b in cut(content, start, end, self._budget, count)]


def _headed(content: bytes, language: str) -> Iterator[tuple[int, str]]:
    """Start and name of each key at the left edge, with the comments right above it."""
    reached = 0
    for match in (_YAML if language == "yaml" else _TOML).finditer(content):
        above = _COMMENTS.search(content, reached, match.start())
        yield above.start() if above else match.start(), match[1].decode(errors="replace").strip(" \"'")
        reached = match.end()


def _members(content: bytes) -> Iterator[tuple[int, str]]:
    """Start and name of each member of the outermost object."""
    depth, expects_key = 0, False
    for token in _TOKEN.finditer(content):
        mark = token[0][:1]
        if mark in b"{[":
            depth += 1
            expects_key = depth == 1 and mark == b"{"
        elif mark in b"}]":
            depth -= 1
        elif mark == b",":
            expects_key = depth == 1
        elif expects_key and depth == 1:
            expects_key = False
            line = content.rfind(b"\n", 0, token.start()) + 1
            start = token.start() if content[line : token.start()].strip() else line
            yield start, token[0][1:-1].decode(errors="replace")


def open(options: Options) -> Keys:  # noqa: A001 - every plug-in's door has this name
    """Open the chunker."""
    return Keys(options)

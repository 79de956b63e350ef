"""Markdown and reStructuredText, cut at their headings."""

import re
from collections.abc import Iterator

import msgspec

from penstock.chunkers.lines import cut
from penstock.domain.document import Chunked, Count, Definition, Piece

LANGUAGES = ("markdown", "rst")

_ATX = re.compile(rb"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(rb"^ {0,3}(```+|~~~+)")
_RULE = re.compile(rb"^([=\-~^\"'`#*+.:_<>])\1{2,}[ \t]*$")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    budget: int = 512
    """Most tokens in one piece."""


class Headings:
    """One piece per section; one that is over the budget is cut further at blank lines."""

    def __init__(self, options: Options) -> None:
        self._budget = options.budget

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:
        """Cut `content`; without a heading it is one section."""
        found = list(_atx(content) if language == "markdown" else _underlined(content))
        titles = [(0, 0, "")] if not found or found[0][0] > 0 else []
        pieces, definitions = [], []
        sections = [*titles, *found]
        trail: list[tuple[int, str]] = []
        for (start, level, title), end in zip(
            sections, [*(it[0] for it in sections[1:]), len(content)], strict=True
        ):
            trail = [*(it for it in trail if it[0] < level), *([(level, title)] if title else [])]
            symbol = " / ".join(it for _, it in trail)
            pieces += [
                Piece(a, b, "section", symbol) for a, b in cut(content, start, end, self._budget, count)
            ]
            if title:
                parent = " / ".join(it for _, it in trail[:-1])
                definitions.append(Definition(title, "section", start, end, start, parent))
        return Chunked(pieces=tuple(pieces), definitions=tuple(definitions), prose=((0, len(content)),))


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for line in content.split(b"\n"):
        yield start, line.rstrip(b"\r")
        start += len(line) + 1


def _atx(content: bytes) -> Iterator[tuple[int, int, str]]:
    """Start, level and title of each heading that is not inside a fence."""
    fence = b""
    for start, line in _lines(content):
        if mark := _FENCE.match(line):
            token = mark[1][:3]
            fence = b"" if fence == token else fence or token
        elif not fence and (heading := _ATX.match(line)):
            yield start, len(heading[1]), heading[2].decode(errors="replace")


def _underlined(content: bytes) -> Iterator[tuple[int, int, str]]:
    """Start, level and title of each underlined line; levels in the order of their first use."""
    levels: dict[bytes, int] = {}
    before_start, before, over = 0, b"", 0
    for start, line in _lines(content):
        title = before.strip()
        if _RULE.match(line) and title and not _RULE.match(before) and len(line.rstrip()) >= len(title):
            level = levels.setdefault(line[:1], len(levels) + 1)
            yield over if over >= 0 else before_start, level, title.decode(errors="replace")
        over = before_start if _RULE.match(before) and before_start >= 0 and line.strip() else -1
        before_start, before = start, line


def open(options: Options) -> Headings:  # noqa: A001 - every plug-in's door has this name
    """Open the chunker."""
    return Headings(options)

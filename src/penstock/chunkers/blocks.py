"""Logs, cut at blank lines and where a new time begins; diffs, cut at their hunks."""

import re
from itertools import pairwise

import msgspec

from penstock.chunkers.lines import cut
from penstock.domain.document import Chunked, Count, Piece

LANGUAGES = ("log", "diff")

_TIME = re.compile(
    rb"^\W{0,2}(?:\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:)", re.MULTILINE
)
_BLANK = re.compile(rb"\n[ \t\r]*\n")
_HUNK = re.compile(rb"^(?:diff --git .*|Index: .*|--- .*|@@ .*)$", re.MULTILINE)
_FILE = re.compile(rb"^\+\+\+ (?:b/)?(\S+)", re.MULTILINE)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    budget: int = 512
    """Most tokens in one piece."""


class Blocks:
    """A log's blocks are joined while they fit; a hunk is a piece of its own, its file's head before it."""

    def __init__(self, options: Options) -> None:
        self._budget = options.budget

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:
        """Cut `content`; never fails."""
        pieces = self._hunks(content, count) if language == "diff" else self._blocks(content, count)
        return Chunked(pieces=tuple(pieces), prose=((0, len(content)),))

    def _blocks(self, content: bytes, count: Count) -> list[Piece]:
        starts = {
            0,
            *(it.start() for it in _TIME.finditer(content)),
            *(it.end() for it in _BLANK.finditer(content)),
        }
        edges = [*sorted(starts), len(content)]
        pieces: list[Piece] = []
        for start, end in pairwise(edges):
            last = pieces[-1] if pieces else None
            if last is not None and count(content[last.start : end]) <= self._budget:
                pieces[-1] = Piece(last.start, end, "block")
            else:
                pieces += [Piece(a, b, "block") for a, b in cut(content, start, end, self._budget, count)]
        return pieces

    def _hunks(self, content: bytes, count: Count) -> list[Piece]:
        starts = [0]
        in_head = False
        for match in _HUNK.finditer(content):
            is_hunk = match[0].startswith(b"@@")
            if (is_hunk and not in_head) or (not is_hunk and not in_head):
                starts.append(match.start())
            in_head = not is_hunk
        edges = [*sorted(set(starts)), len(content)]
        pieces: list[Piece] = []
        name = ""
        for start, end in pairwise(edges):
            found = _FILE.search(content, start, end)
            name = found[1].decode(errors="replace") if found else name
            pieces += [Piece(a, b, "hunk", name) for a, b in cut(content, start, end, self._budget, count)]
        return pieces


def open(options: Options) -> Blocks:  # noqa: A001 - every plug-in's door has this name
    """Open the chunker."""
    return Blocks(options)

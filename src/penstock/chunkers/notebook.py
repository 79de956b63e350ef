"""Jupyter notebooks, cut at their cells as they stand in the file."""

import re
from collections.abc import Iterator

import msgspec

from penstock.chunkers.lines import cut
from penstock.domain.document import Chunked, Count, Piece

LANGUAGES = ("notebook",)

_TOKEN = re.compile(rb"\"(?:[^\"\\]|\\.)*\"|[{}\[\]]", re.DOTALL)
_KIND = re.compile(rb"\"cell_type\"\s*:\s*\"(\w+)\"")
_CELL_DEPTH = 3
"""The notebook's object, the list of cells, the cell's object."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    budget: int = 512
    """Most tokens in one piece."""


class Notebook:
    """One piece per cell; outputs that make one too long are cut at line ends."""

    def __init__(self, options: Options) -> None:
        self._budget = options.budget

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:  # noqa: ARG002 - one language
        """Cut `content`; what is no notebook is cut by lines."""
        pieces: list[Piece] = []
        reached = 0
        for number, (start, end) in enumerate(_cells(content), 1):
            pieces += self._pieces(content, reached, start, "module", "", count)
            kind = _KIND.search(content, start, end)
            name = f"cell {number} ({kind[1].decode()})" if kind else f"cell {number}"
            pieces += self._pieces(content, start, end, "cell", name, count)
            reached = end
        fallback = "" if reached or not content else "no cells"
        pieces += self._pieces(content, reached, len(content), "module", "", count)
        return Chunked(pieces=tuple(pieces), prose=((0, len(content)),), fallback=fallback)

    def _pieces(
        self, content: bytes, start: int, end: int, kind: str, symbol: str, count: Count
    ) -> list[Piece]:
        return [Piece(a, b, kind, symbol) for a, b in cut(content, start, end, self._budget, count)]


def _cells(content: bytes) -> Iterator[tuple[int, int]]:
    """Where each cell's object begins and ends."""
    depth, start, in_cells = 0, 0, False
    for token in _TOKEN.finditer(content):
        mark = token[0]
        if mark in (b"{", b"["):
            depth += 1
            if depth == _CELL_DEPTH and in_cells and mark == b"{":
                start = token.start()
        elif mark in (b"}", b"]"):
            if depth == _CELL_DEPTH and in_cells and mark == b"}":
                yield start, token.end()
            depth -= 1
        elif depth == 1:
            in_cells = mark == b'"cells"'


def open(options: Options) -> Notebook:  # noqa: A001 - every plug-in's door has this name
    """Open the chunker."""
    return Notebook(options)

"""Any text, cut at line ends: the last resort, and what cuts a unit that is over the budget."""

import msgspec

from penstock.domain.document import Chunked, Count, Piece

LANGUAGES = ("text",)

_WIDEST = 16
"""Bytes per token in the longest stretch that is looked at as one."""
_CLOSE = 8
"""Bytes within which the search for the longest fitting stretch stops."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    budget: int = 512
    """Most tokens in one piece."""


class Lines:
    """Cuts at line ends, at blank lines where one is near."""

    def __init__(self, options: Options) -> None:
        self._budget = options.budget

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:
        """Cut `content`; never fails."""
        spans = cut(content, 0, len(content), self._budget, count)
        return Chunked(
            pieces=tuple(Piece(start, end, "lines") for start, end in spans),
            prose=((0, len(content)),),
            fallback="" if language == "text" else f"no grammar for {language}",
        )


def cut(content: bytes, start: int, end: int, budget: int, count: Count) -> list[tuple[int, int]]:
    """Spans of `content[start:end]`, each of at most `budget` tokens, cut at line ends."""
    spans = []
    while start < end:
        stop = min(end, start + budget * _WIDEST)
        if count(content[start:stop]) > budget:
            stop = _fitting(content, start, stop, budget, count)
        elif stop < end:
            stop = _line_end(content, start, stop)
        spans.append((start, stop))
        start = stop
    return spans


def _fitting(content: bytes, start: int, high: int, budget: int, count: Count) -> int:
    """The largest end below `high` such that the text up to it fits, moved back to a line end."""
    low = start + 1
    while high - low > _CLOSE:
        middle = (low + high) // 2
        if count(content[start:middle]) <= budget:
            low = middle
        else:
            high = middle
    return _line_end(content, start, low)


def _line_end(content: bytes, start: int, stop: int) -> int:
    """The last blank line's end in the second half, else the last line's end, else a character's."""
    blank = content.rfind(b"\n\n", start + (stop - start) // 2, stop)
    if blank >= 0:
        return blank + 2
    line = content.rfind(b"\n", start, stop)
    if line >= 0:
        return line + 1
    floor = max(start + 1, stop - 3)
    while stop > floor and content[stop : stop + 1] and content[stop] & 0xC0 == 0x80:
        stop -= 1
    return stop


def open(options: Options) -> Lines:  # noqa: A001 - every plug-in's door has this name
    """Open the chunker."""
    return Lines(options)

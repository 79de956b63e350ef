"""One file's content as what a search needs: its chunks, what it defines, its words counted."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from penstock.context.words import all_terms, terms, words
from penstock.domain.document import Chunked, Count, Definition, Piece
from penstock.protocols import Chunker

FIELDS = 3
"""Fields of the counts: whole text, comments and strings, names defined."""
_MOST = 255


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a chunk is, and what it is."""

    first: int
    last: int
    start: int
    end: int
    kind: str
    symbol: str


class Name(msgspec.Struct, frozen=True, array_like=True):
    """Something that the file defines."""

    name: str
    parent: str
    kind: str
    line: int


class Digest(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one blob. The arrays are NumPy's, as bytes."""

    places: tuple[Place, ...] = ()
    names: tuple[Name, ...] = ()
    imports: tuple[str, ...] = ()
    fallback: str = ""
    skipped: str = ""
    """Why the file is left out; empty: it is not."""
    terms: bytes = b""
    """uint32: the term of each posting."""
    chunks: bytes = b""
    """uint16: the chunk of each posting."""
    counts: bytes = b""
    """uint8, FIELDS a posting: how often the term stands in each field."""
    lengths: bytes = b""
    """uint32, FIELDS a chunk: words in each field."""
    size: int = 0


def digest(content: bytes, language: str, chunkers: Mapping[str, Chunker], count: Count) -> Digest:
    """Cut and count one file's content."""
    if reason := _left_out(content, language):
        return Digest(skipped=reason, size=len(content))
    chunker = chunkers.get(language) or chunkers["text"]
    return _count(content, chunker.chunk(content, language, count))


def _count(content: bytes, chunked: Chunked) -> Digest:
    starts = [0, *(match.end() for match in re.finditer(rb"\n", content))]
    pieces = chunked.pieces[: 2**16 - 1]
    prose = _texts(content, pieces, chunked.prose)
    defined = _defined(pieces, chunked.definitions)
    tables = [
        _table(content[piece.start : piece.end].decode(errors="replace"), prose[i], defined[i])
        for i, piece in enumerate(pieces)
    ]
    rows = [len(table) for table, _ in tables]
    return Digest(
        places=tuple(_place(content, piece, starts) for piece in pieces),
        names=tuple(
            Name(it.name, it.parent, it.kind, bisect_right(starts, it.start)) for it in chunked.definitions
        ),
        imports=tuple(text[:500] for text in chunked.imports),
        fallback=chunked.fallback,
        terms=np.fromiter((key for table, _ in tables for key in table), np.uint32, sum(rows)).tobytes(),
        chunks=np.repeat(np.arange(len(rows), dtype=np.uint16), rows).tobytes(),
        counts=bytes(min(n, _MOST) for table, _ in tables for tf in table.values() for n in tf),
        lengths=np.array([lengths for _, lengths in tables], np.uint32).tobytes(),
        size=len(content),
    )


def _place(content: bytes, piece: Piece, starts: Sequence[int]) -> Place:
    """The piece's lines, without blank ones at its beginning and end."""
    text = content[piece.start : piece.end]
    begin = piece.start + len(text) - len(text.lstrip())
    end = piece.end - len(text) + len(text.rstrip())
    first = bisect_right(starts, min(begin, piece.end - 1))
    last = max(first, bisect_right(starts, end - 1))
    return Place(first, last, piece.start, piece.end, piece.kind, piece.symbol)


def _table(text: str, prose: str, defined: Sequence[str]) -> tuple[dict[int, list[int]], list[int]]:
    """Counts of each term in each field, and each field's length in words."""
    table: dict[int, list[int]] = {}
    lengths = []
    for field, found in enumerate((words(text), words(prose), defined)):
        lengths.append(len(found))
        for word, number in Counter(found).items():
            for term in terms(word):
                table.setdefault(term, [0] * FIELDS)[field] += number
    return table, lengths


def _texts(content: bytes, pieces: Sequence[Piece], spans: Iterable[tuple[int, int]]) -> list[str]:
    """The text of the spans that begin in each piece."""
    found: list[list[bytes]] = [[] for _ in pieces]
    starts = [piece.start for piece in pieces]
    for start, end in spans:
        if pieces:
            index = max(0, bisect_right(starts, start) - 1)
            found[index].append(
                content[start:end] if end <= pieces[index].end else content[start : pieces[index].end]
            )
            for later in range(index + 1, bisect_right(starts, end - 1)):
                found[later].append(content[pieces[later].start : min(end, pieces[later].end)])
    return [b"\n".join(texts).decode(errors="replace") for texts in found]


def _defined(pieces: Sequence[Piece], definitions: Iterable[Definition]) -> list[list[str]]:
    """The words of the names defined in each piece."""
    found: list[list[str]] = [[] for _ in pieces]
    starts = [piece.start for piece in pieces]
    for definition in definitions:
        if pieces:
            found[max(0, bisect_right(starts, definition.start) - 1)] += words(definition.name)
    return found


_CODE_LIMIT = 1_000_000
_OTHER_LIMIT = 300_000
_DATA = frozenset({"text", "json", "yaml", "toml", "html", "log", "diff", "notebook", "sql", "css"})
_GENERATED = re.compile(
    rb"@generated|code generated .{0,80}do not edit|do not edit.{0,80}generated"
    rb"|generated by .{0,80}do not edit",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(rb"\A\s*-----BEGIN [A-Z ]*PRIVATE KEY")


def _left_out(content: bytes, language: str) -> str:
    if b"\0" in content[:8000]:
        return "binary"
    if len(content) > (_OTHER_LIMIT if language in _DATA else _CODE_LIMIT):
        return "too large"
    if _KEY.match(content):
        return "secret"
    if _GENERATED.search(content[:1500]):
        return "generated"
    if len(content) > 5000 and len(content) / (content.count(b"\n") + 1) > 400:
        return "minified"
    return ""


def path_terms(path: str) -> list[int]:
    """Return the terms of a path."""
    return list(all_terms(path))

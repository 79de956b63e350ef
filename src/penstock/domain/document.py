"""Files cut where their meaning splits. Offsets are bytes, end exclusive; lines count from 1."""

from collections.abc import Callable

import msgspec

Count = Callable[[bytes], int]
"""Tokens of a text, by the tokenizer of the model that will read it."""


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """One chunk of a file: its bytes `start:end`, and what they are."""

    start: int
    end: int
    kind: str
    """function, class, module, section, key, cell, hunk, block, lines."""
    symbol: str = ""
    """Qualified name of what is defined here: `Session.send`, `## Install`, `services.web`."""


class Definition(msgspec.Struct, frozen=True, array_like=True):
    """A named thing that a file defines."""

    name: str
    kind: str
    start: int
    end: int
    body: int
    """Where the body begins: `start:body` is the signature."""
    parent: str = ""
    """Qualified name of what it is defined in."""

    @property
    def qualified(self) -> str:
        """The name, with that of its parents before it."""
        return f"{self.parent}.{self.name}" if self.parent else self.name


class Chunked(msgspec.Struct, frozen=True, kw_only=True):
    """A file in pieces: joined again, they are the file, byte for byte."""

    pieces: tuple[Piece, ...]
    definitions: tuple[Definition, ...] = ()
    """In the order of their start."""
    imports: tuple[str, ...] = ()
    """The statements as they stand."""
    prose: tuple[tuple[int, int], ...] = ()
    """Spans of comments and strings."""
    fallback: str = ""
    """Why the file was not cut by its syntax; empty: it was."""

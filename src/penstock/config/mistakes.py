"""What is wrong with a configuration, and where: `file:line:column`, the line, a caret, a way out."""

import difflib
import re
from collections.abc import Iterable
from typing import Final

import msgspec

_SECRET_FIELD: Final = re.compile(
    r"""((?:key|secret|token|password)["']?\s*:\s+)"""
    r"""(?!env:|file:|[\[{&*-]|[\d.]+\b)("[^"]*"?|'[^']*'?|[^\s,}\]]+)""",
    re.IGNORECASE,
)
_URL_PASSWORD: Final = re.compile(r"(://[^\s:/@]*:)([^\s@]+)(?=@)")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value was written. Lines and columns count from 1; 0 means that there is no file."""

    source: str
    """A file's name, an environment variable, a flag or `default`."""
    line: int = 0
    column: int = 0
    text: str = ""
    """The whole line."""

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be mended."""

    place: Place
    message: str
    hint: str = ""
    """A sentence that says how."""

    def render(self) -> str:
        """Write it for a terminal, over several lines, without secrets."""
        lines = [f"{self.place}: {mask_url(self.message)}"]
        if self.place.line:
            shown = mask_line(self.place.text.replace("\t", " "))
            lines += [f"    {shown}", "    " + " " * (self.place.column - 1) + "^"]
        return "\n".join([*lines, f"  {self.hint}"] if self.hint else lines)


class ConfigInvalid(Exception):
    """The configuration cannot be used; holds every mistake that was found, in the order of the text."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=_order))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(mistake.render() for mistake in self.mistakes)


def _order(mistake: Mistake) -> tuple[str, int, int]:
    place = mistake.place
    return place.source, place.line, place.column


def mask_line(line: str) -> str:
    """Hide literal secrets in a line of a configuration; its columns stay where they are."""
    masked = _SECRET_FIELD.sub(lambda match: match[1] + "*" * len(match[2]), line)
    return _URL_PASSWORD.sub(lambda match: match[1] + "*" * len(match[2]), masked)


def mask_url(text: str) -> str:
    """Hide the password of an address within a text."""
    return _URL_PASSWORD.sub(r"\1***", text)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names what was probably meant, or what there is; "" if there is nothing."""
    names = sorted(known)
    folded = {each.casefold(): each for each in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    few = 12
    if not names or len(names) > few:
        return ""
    return "known here: " + ", ".join(names)

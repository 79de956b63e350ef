"""What commands print: tables for people, JSON for programs, nothing coloured where it is not seen."""

import sys
from collections.abc import Sequence

import msgspec

from penstock.config.folder import environment


def is_terminal() -> bool:
    """Tell whether somebody looks at the output."""
    return sys.stdout.isatty()


def is_coloured() -> bool:
    """Tell whether colours may be used (https://no-color.org)."""
    return is_terminal() and not environment().get("NO_COLOR") and environment().get("TERM") != "dumb"


def paint(text: str, code: str) -> str:
    """Colour a text by its SGR code, if colours may be used."""
    return f"\033[{code}m{text}\033[0m" if is_coloured() else text


def print_json(value: object) -> None:
    """Print one value as indented JSON."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print a table; the columns in `right` are aligned to the right."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for number, line in enumerate(lines):
        cells = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        text = "  ".join(cells).rstrip()
        print(text if number else paint(text, "1"))

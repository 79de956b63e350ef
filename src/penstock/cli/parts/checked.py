"""The configuration as it is, with mistakes as values."""

from pathlib import Path

import msgspec

from penstock.app.plugins import Kinds
from penstock.cli.parts.discover import discover
from penstock.cli.parts.setup import refusal, source
from penstock.config.load import Loaded, Source, read
from penstock.config.mistakes import ConfigInvalid, Mistake, mask_url


def complete(config: Path | None, overlay: str | None) -> Source:
    """Return the source that `penstock up` would use: without a file, with what is found."""
    made_of = source(config, overlay, kinds=Kinds())
    if made_of.path is not None:
        return made_of
    return msgspec.structs.replace(made_of, discovered=discover(made_of.env).sections)


def checked(made_of: Source) -> tuple[Loaded | None, tuple[Mistake, ...], str]:
    """Return the configuration if it is free of mistakes, else them, and what to tell."""
    try:
        return read(made_of), (), ""
    except ConfigInvalid as invalid:
        return None, invalid.mistakes, refusal(invalid)


def mistakes_as_json(mistakes: tuple[Mistake, ...]) -> list[dict[str, object]]:
    """Return them for programs: file, line, column, message, hint."""
    return [
        {
            "file": mistake.place.source,
            "line": mistake.place.line,
            "column": mistake.place.column,
            "message": mask_url(mistake.message),
            "hint": mistake.hint,
        }
        for mistake in mistakes
    ]

"""The configuration as it is, with mistakes as values."""

from pathlib import Path

from penstock.app.plugins import Kinds
from penstock.cli.parts.setup import refusal, source
from penstock.config.load import Loaded, read
from penstock.config.mistakes import ConfigInvalid, Mistake, mask_url


def checked(config: Path | None, overlay: str | None) -> tuple[Loaded | None, tuple[Mistake, ...], str]:
    """Return the configuration if it is free of mistakes, else them, and what to tell."""
    try:
        return read(source(config, overlay, kinds=Kinds())), (), ""
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

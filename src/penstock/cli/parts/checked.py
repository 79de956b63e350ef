"""The configuration as it is, with mistakes as values."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from penstock.app.plugins import Kinds, Sources
from penstock.cli.parts.discover import discover
from penstock.cli.parts.setup import refusal, source
from penstock.cli.parts.trouble import Trouble
from penstock.config.load import Loaded, Source, read
from penstock.config.mistakes import ConfigInvalid, Mistake, mask_url
from penstock.gateway.catalog import shipped
from penstock.transport.client import Transport


def complete(config: Path | None, overlay: str | None) -> Source:
    """Return the source that `penstock up` would use: without a file, with what is found."""
    made_of = source(config, overlay, kinds=Kinds())
    if made_of.path is not None:
        return made_of
    return msgspec.structs.replace(made_of, discovered=discover(made_of.env).sections)


def checked(made_of: Source) -> tuple[Loaded | None, tuple[Mistake, ...], str]:
    """Return the configuration if it is free of mistakes, else them, and what to tell.

    Its providers are opened too (nothing is sent): some mistakes only the plug-ins know.
    """
    try:
        loaded = read(made_of)
    except ConfigInvalid as invalid:
        return None, invalid.mistakes, refusal(invalid)
    wrong = tuple(mistake for name in loaded.options for mistake in _unopenable(name, loaded))
    return (None, wrong, refusal(ConfigInvalid(wrong))) if wrong else (loaded, (), "")


def sound(made_of: Source) -> Loaded:
    """Return the configuration. Ends the command with 2 and every mistake."""
    loaded, _, text = checked(made_of)
    if loaded is None:
        raise Trouble(text, code=2)
    return loaded


def _unopenable(name: str, loaded: Loaded) -> Iterator[Mistake]:
    alone = msgspec.structs.replace(loaded, options={name: loaded.options[name]})
    try:
        Sources(Transport(), shipped()).of(alone)
    except ValueError as error:
        field = str(error).removeprefix(f"providers.{name}: ").partition(":")[0]
        entry = f"providers.{name}"
        place = loaded.places.get(f"{entry}.{field}") or loaded.places[f"{entry}.kind"]
        yield Mistake(place=place, message=str(error))


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

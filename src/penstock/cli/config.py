"""Check and show the configuration, or print its schema."""

from pathlib import Path

import click

from penstock.cli.parts import options


@click.group()
def command() -> None:
    """Check and show the configuration, or print its schema."""


@command.command()
@options.config
@options.environment
@options.as_json
def check(config: Path | None, environment: str | None, *, as_json: bool) -> None:
    """Find all mistakes at once; exits with 2 if there are any."""
    from penstock.cli.parts.checked import checked, complete, mistakes_as_json
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.trouble import Trouble

    loaded, mistakes, text = checked(complete(config, environment))
    if as_json:
        print_json({"ok": not mistakes, "mistakes": mistakes_as_json(mistakes)})
        if mistakes:
            raise SystemExit(2)
        return
    if loaded is None:
        raise Trouble(text, code=2)
    parts = (("provider", loaded.options), ("model", loaded.config.models), ("key", loaded.config.keys))
    counted = ", ".join(f"{len(of)} {word}{'' if len(of) == 1 else 's'}" for word, of in parts)
    print(f"{loaded.path or 'no file'}: no mistakes ({counted})")


@command.command()
@options.config
@options.environment
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@options.as_json
def show(config: Path | None, environment: str | None, *, origin: bool, as_json: bool) -> None:
    """Print every value, secrets as ***."""
    from penstock.cli.parts.checked import complete, sound
    from penstock.cli.parts.output import paint, print_json
    from penstock.config.show import values

    loaded = sound(complete(config, environment))
    found = values(loaded)
    if as_json:
        print_json({value.path: {"value": value.value, "origin": value.origin} for value in found})
        return
    width = max(len(f"{value.path}: {value.text}") for value in found) if origin else 0
    for value in found:
        line = f"{value.path}: {value.text}"
        print(f"{line:<{min(width, 70)}}  {paint(value.origin, '2')}" if origin else line)


@command.command()
def schema() -> None:
    """Print a JSON Schema for editors."""
    from penstock.app.plugins import Kinds
    from penstock.cli.parts.output import print_json
    from penstock.config import schema

    print_json(schema.schema(Kinds()))


@command.command(hidden=True)
def reference() -> None:
    """Print the reference of all settings as Markdown."""
    from penstock.app.plugins import Kinds
    from penstock.config import reference

    print(reference.reference(Kinds()), end="")

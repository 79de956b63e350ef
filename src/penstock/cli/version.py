"""Print the version, and those of what it stands on."""

import platform
from importlib import metadata

import click

from penstock import __version__
from penstock.cli.parts import options

PACKAGES = ("aiohttp", "granian", "msgspec", "sqlalchemy", "psycopg", "uvloop")


@click.command()
@options.as_json
def command(*, as_json: bool) -> None:
    """Print the version, and those of what it stands on."""
    versions = {"penstock": __version__, "python": platform.python_version(), **_packages()}
    if as_json:
        from penstock.cli.parts.output import print_json

        print_json(versions)
        return
    for name, version in versions.items():
        print(f"{name:<12}{version}")


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found

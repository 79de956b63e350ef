"""`penstock`: finds its commands by their files, and loads only the one that is called."""

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from penstock import __version__

FOLDER: Final = Path(__file__).parents[1]
EXITS: Final = """\b
Exit codes:
  0  done
  1  something failed; the line on stderr says what
  2  the configuration or the command line is wrong
"""


class Commands(click.Group):
    """A file in cli/ is a command: its name is the command's, its first line the short help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click asks
        """Return the names of the commands, without importing them."""
        return sorted(file.stem for file in FOLDER.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = importlib.import_module(f"penstock.cli.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the first lines of their files."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _headline(name)) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command if there is none of that name."""
        name = args[0]
        if name not in self.list_commands(ctx) and not name.startswith("-"):
            import difflib

            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            ctx.fail(f"There is no command `{name}`.{hint}")
        return super().resolve_command(ctx, args)


def _headline(name: str) -> str:
    with (FOLDER / f"{name}.py").open(encoding="utf-8") as file:
        line = file.readline().strip().strip('"').rstrip(".")
    return line.removeprefix(f"penstock {name}: ")


@click.group(cls=Commands, epilog=EXITS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="penstock")
def penstock() -> None:
    """One self-hosted platform between developer tools and the models they call."""
    if not sys.stdout.isatty():
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a log sees lines as they come

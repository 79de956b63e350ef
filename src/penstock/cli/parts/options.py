"""Options that many commands take."""

from pathlib import Path
from typing import Final

import click

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(file_okay=False, path_type=Path)

config = click.option(
    "--config",
    type=_FILE,
    metavar="FILE",
    help="The configuration; else $PENSTOCK_CONFIG or ./penstock.yaml.",
)
data = click.option(
    "--data",
    type=_FOLDER,
    metavar="DIR",
    help="The data folder; else $PENSTOCK_DATA or ~/.local/share/penstock.",
)
environment = click.option(
    "--env",
    "environment",
    metavar="NAME",
    help="Lay penstock.NAME.yaml over the configuration; else $PENSTOCK_ENV.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")

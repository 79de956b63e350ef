"""Point a client at Penstock: print what to set, or write it."""

from pathlib import Path

import click

from penstock.cli.parts import options
from penstock.cli.parts.clients import CLIENTS


@click.command(
    epilog="\b\nClients:\n" + "\n".join(f"  {name:<18}{each.title}" for name, each in CLIENTS.items())
)
@click.argument("client", type=click.Choice(tuple(CLIENTS)), metavar="CLIENT")
@click.option("--url", help="Address of the server; else that of the configuration.")
@click.option("--key", envvar="PENSTOCK_API_KEY", help="Key to use; else $PENSTOCK_API_KEY.")
@click.option("--model", help="Model to use; else the first of the configuration.")
@click.option(
    "--write", is_flag=True, help="Write it, after showing the difference; without a key, make one."
)
@options.config
@options.data
@options.environment
@options.as_json
@options.dry_run
def command(
    client: str,
    url: str | None,
    key: str | None,
    model: str | None,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    write: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Point a client at Penstock: print what to set, or write it.

    Files that exist are merged: the rest of them stays, and a copy is kept beside them.
    """
    from penstock.cli.parts import connecting

    wish = connecting.Wish(
        client=client, url=url, key=key, model=model, config=config, data=data, environment=environment
    )
    if write or dry_run:
        connecting.write(wish, dry_run=dry_run, as_json=as_json)
    else:
        connecting.tell(wish, as_json=as_json)

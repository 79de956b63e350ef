"""Start the server."""

from collections.abc import Callable
from pathlib import Path

import click

from penstock.cli.parts import options
from penstock.cli.parts.trouble import Trouble


@click.command()
@options.config
@click.option("--host", help="Address to listen on; else server.host, 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; else server.port, 4141.")
@options.data
@click.option("--workers", type=click.IntRange(min=1), help="Processes that answer; else server.workers, 1.")
@options.environment
def command(
    config: Path | None,
    host: str | None,
    port: int | None,
    data: Path | None,
    workers: int | None,
    environment: str | None,
) -> None:
    """Start the server. Ctrl-C and SIGTERM let running requests finish.

    Without a configuration it looks for providers by itself: keys in the environment and servers nearby.
    """
    from penstock.app.plugins import Kinds
    from penstock.app.server import CannotStart, serve
    from penstock.cli.parts import first
    from penstock.cli.parts.checked import sound
    from penstock.cli.parts.discover import discover
    from penstock.cli.parts.setup import folder, source
    from penstock.config.folder import admin_key

    flags = {"server.host": host, "server.port": port, "server.workers": workers}
    made_of = source(config, environment, kinds=Kinds(), flags=flags)
    found = None
    if made_of.path is None:
        found = discover(made_of.env)
        made_of = first.with_discovered(made_of, found)
        first.tell(found)
    loaded = sound(made_of)
    where = folder(data)
    admin_key(where, made_of.env)
    key = first.first_key(loaded, where)
    model = found.model if found else next(iter(loaded.config.models), "MODEL")
    try:
        raise SystemExit(serve(loaded, where, _announcer(key, model)))
    except CannotStart as reason:
        raise Trouble(str(reason), "penstock doctor") from None


def _announcer(key: str | None, model: str) -> Callable[[str], None]:
    from penstock.cli.parts.first import announcement

    def announce(address: str) -> None:
        print(announcement(address, key, model), flush=True)

    return announce

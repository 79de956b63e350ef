"""Make, list, rotate and revoke the keys that callers show."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from penstock.cli.parts import options


@click.group()
def command() -> None:
    """Make, list, rotate and revoke the keys that callers show.

    Works on the database, whether a server runs or not; one that runs notices within a second.
    """


@command.command()
@click.option("--name", default="default", show_default=True, help="What the key is called in reports.")
@click.option("--user", help="Who spends with it.")
@click.option("--team", help="The team that the user belongs to.")
@click.option("--organization", help="The tenant.")
@options.config
@options.data
@options.environment
@options.as_json
@options.dry_run
def create(
    name: str,
    user: str | None,
    team: str | None,
    organization: str | None,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Make a key. It is shown once: only its hash is kept."""
    from penstock.cli.parts import keyring
    from penstock.cli.parts.setup import database, folder
    from penstock.storage import keys

    if dry_run:
        _said(as_json=as_json, line=f"would make a key called {name}", name=name, dry_run=True)
        return
    with database(config, environment, data) as opened:
        made = keyring.make(
            folder(data), name, now=time.time(), user=user, team=team, organization=organization
        )
        opened.write(keys.create, made.row)
    _show_made(made.key, made.row.public_id, name, as_json=as_json)


@command.command(name="list")
@options.config
@options.data
@options.environment
@options.as_json
def list_(config: Path | None, data: Path | None, environment: str | None, *, as_json: bool) -> None:
    """List the keys of the database, also those that were revoked."""
    from penstock.cli.parts import keyring
    from penstock.cli.parts.output import print_json, print_table
    from penstock.cli.parts.setup import database
    from penstock.storage import keys

    with database(config, environment, data) as opened:
        found = opened.read(keys.listed)
    now = time.time()
    if as_json:
        print_json([keyring.as_json(row, now) for row in found])
        return
    if not found:
        print("no keys yet; `penstock keys create` makes one")
        return
    print_table(
        ("id", "name", "user", "team", "organization", "made", "state"),
        [
            (
                row.public_id,
                row.name,
                row.user or "",
                row.team or "",
                row.organization or "",
                datetime.fromtimestamp(row.created, UTC).strftime("%Y-%m-%d %H:%M"),
                keyring.state(row, now),
            )
            for row in found
        ],
    )


@command.command()
@click.argument("public_id", metavar="ID")
@click.option(
    "--grace", type=click.FloatRange(min=0), default=0.0, help="Seconds that the old key goes on working."
)
@options.config
@options.data
@options.environment
@options.as_json
@options.dry_run
def rotate(
    public_id: str,
    grace: float,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Replace a key, keeping owner and spend. The old one is refused after the time of grace."""
    from penstock.cli.parts import keyring
    from penstock.cli.parts.setup import database, folder
    from penstock.storage import keys

    with database(config, environment, data) as opened:
        old = keyring.pick(opened.read(keys.listed), public_id)
        if dry_run:
            line = f"would replace the key {old.public_id} ({old.name})"
            _said(as_json=as_json, line=line, id=old.public_id, dry_run=True)
            return
        now = time.time()
        made = keyring.make(
            folder(data), old.name, now=now, user=old.user, team=old.team, organization=old.organization
        )
        opened.write(keys.rotate, old.public_id, made.row, now + grace)
    _show_made(made.key, made.row.public_id, old.name, as_json=as_json)


@command.command()
@click.argument("public_id", metavar="ID")
@options.config
@options.data
@options.environment
@options.as_json
@options.dry_run
def revoke(
    public_id: str,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Refuse a key from now on."""
    from penstock.cli.parts import keyring
    from penstock.cli.parts.setup import database
    from penstock.storage import keys

    with database(config, environment, data) as opened:
        row = keyring.pick(opened.read(keys.listed), public_id)
        if dry_run:
            line = f"would revoke the key {row.public_id} ({row.name})"
            _said(as_json=as_json, line=line, id=row.public_id, dry_run=True)
            return
        changed = opened.write(keys.revoke, row.public_id, time.time())
    line = f"revoked {row.public_id} ({row.name})" if changed else f"{row.public_id} was revoked already"
    _said(as_json=as_json, line=line, id=row.public_id, revoked=changed)


def _show_made(key: str, public_id: str, name: str, *, as_json: bool) -> None:
    line = f"{key}\n\nThis is the only time it is shown. Its id is {public_id}, its name {name}."
    _said(as_json=as_json, line=line, key=key, id=public_id, name=name)


def _said(*, as_json: bool, line: str, **values: object) -> None:
    """Print one line for people, or the values for programs."""
    if as_json:
        from penstock.cli.parts.output import print_json

        print_json(values)
    else:
        print(line)

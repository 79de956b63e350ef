"""Check the books."""

import time
from pathlib import Path

import click

from penstock.cli.parts import options


@click.group()
def command() -> None:
    """Check the ledger, from which all spending is derived."""


@command.command()
@options.config
@options.data
@options.environment
@options.as_json
@click.pass_context
def verify(
    context: click.Context,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    as_json: bool,
) -> None:
    """Check that every attempt was held for once and ended once, and that the sums agree.

    Works while servers run. Exits with 1, and says what is wrong, if something is.
    """
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.setup import database
    from penstock.domain.money import usd
    from penstock.storage.verify import verify

    with database(config, environment, data) as opened:
        report = opened.read(verify, time.time())
    if as_json:
        print_json(report)
    else:
        for violation in report.violations:
            print(violation)
        spent = f"{report.attempts} attempts, ${usd(report.spent_nanos)} spent"
        open_now = f"{sum(report.open.values())} open, {report.recovered} recovered after a crash"
        print(f"{spent}, {open_now}, {report.unknown} without a price")
        print("the ledger holds" if report.holds else "the ledger is broken")
    context.exit(0 if report.holds else 1)

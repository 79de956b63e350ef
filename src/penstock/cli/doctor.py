"""Look for what is wrong, and say which command mends it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.parts import options

if TYPE_CHECKING:
    from penstock.cli.parts.checkup import Finding

MARKS = {"ok": ("ok", "32"), "warning": ("warning", "33"), "failure": ("FAILURE", "31")}


@click.command()
@options.config
@options.data
@options.environment
@click.option(
    "--online", is_flag=True, help="Ask the providers too whether they take the keys; costs nothing."
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    online: bool,
    as_json: bool,
) -> None:
    """Look for what is wrong, and say which command mends it. Exits with 1 if something fails."""
    from penstock.cli.parts import examine
    from penstock.cli.parts.output import print_json

    findings = examine.examine(config, environment, data, online=online)
    failed = any(finding.state == "failure" for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": findings})
    else:
        _print(findings)
    context.exit(1 if failed else 0)


def _print(findings: "list[Finding]") -> None:
    from penstock.cli.parts.output import paint

    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        word, colour = MARKS[finding.state]
        print(f"{paint(f'{word:<8}', colour)} {finding.name:<{width}}  {finding.message}")
        if finding.mend:
            print(f"{'':<8} {'':<{width}}  -> {paint(finding.mend, '1')}")

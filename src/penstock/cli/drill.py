"""Play every known fault of a provider against your configuration."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from penstock.cli.parts import options

if TYPE_CHECKING:
    from penstock.drill.run import Plan
    from penstock.drill.wall import Outcome

FAST: Final = 0.1
DIALECTS: Final = ("chat", "responses", "messages")


@click.command()
@options.config
@options.environment
@click.option("--model", help="The model to drill; else the one with most targets.")
@click.option("--only", metavar="IDS", help="Rows to play, as S01,P03; else all.")
@click.option("--dialect", type=click.Choice(DIALECTS), multiple=True, help="Dialects to ask in; else all.")
@click.option("--fast/--full", default=True, help="Play all times, and your limits, ten times faster.")
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    config: Path | None,
    environment: str | None,
    model: str | None,
    only: str | None,
    dialect: Sequence[str],
    *,
    fast: bool,
    as_json: bool,
) -> None:
    """Play the fault wall against a scratch copy of your configuration.

    Your limits, retries, circuits and targets are kept; the providers are played by a made-up one on
    this machine. No key is used and nothing leaves the machine. Exits with 1 if a row fails.
    """
    import asyncio

    plan, told = _plan(config, environment, model, only, frozenset(dialect), scale=FAST if fast else 1.0)
    outcomes = asyncio.run(_play(plan, told, quiet=as_json))
    _print(outcomes, as_json=as_json)
    context.exit(0 if all(outcome.passed for outcome in outcomes) else 1)


def _plan(
    config: Path | None,
    environment: str | None,
    model: str | None,
    only: str | None,
    dialects: frozenset[str],
    *,
    scale: float,
) -> "tuple[Plan, str]":
    """What to play, and a line that says so."""
    from penstock.app.plugins import Kinds
    from penstock.cli.parts.setup import load, source
    from penstock.cli.parts.trouble import Trouble
    from penstock.drill import setting
    from penstock.drill.run import DIALECTS as ALL
    from penstock.drill.run import PLAIN, Plan
    from penstock.stage.faults import BY_ID, FAULTS

    wanted = frozenset(part.strip().upper() for part in only.split(",")) if only else frozenset()
    if unknown := wanted - BY_ID.keys():
        raise Trouble(
            f"there is no row {', '.join(sorted(unknown))}", "rows are S01 to S16 and P01 to P16", 2
        )
    made_of = source(config, environment, kinds=Kinds())
    templates = PLAIN
    told = "no configuration: drilling two plain providers"
    if made_of.path is not None:
        try:
            name, template = setting.of_user(load(made_of).config, model)
        except setting.NothingToDrill as nothing:
            raise Trouble(str(nothing), code=2) from None
        templates = dict.fromkeys(ALL, template)
        told = f"drilling {name} with {len(template.targets)} target(s) from {made_of.path}"
    cases = [
        case
        for case in setting.cases(wanted, FAULTS)
        if not dialects or setting.SHORT[case.dialect] in dialects
    ]
    return Plan(cases=cases, templates=templates, scale=scale), told


async def _play(plan: "Plan", told: str, *, quiet: bool) -> "list[Outcome]":
    """Play with a progress bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from penstock.cli.parts.trouble import Trouble
    from penstock.drill.process import NotStarted
    from penstock.drill.run import drill

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=Console(stderr=True), disable=quiet)
    killing = [case for case in plan.cases if case.fault.id == "P16"]  # all of them are one round
    rounds = len(plan.cases) - max(0, len(killing) - 1)
    with progress:
        bar = progress.add_task(told, total=rounds)
        try:
            return await drill(plan, lambda _: progress.advance(bar))
        except NotStarted as silent:
            raise Trouble(f"the gateway did not start:\n{silent}") from None


def _print(outcomes: "Sequence[Outcome]", *, as_json: bool) -> None:
    from penstock.cli.parts.output import paint, print_json, print_table

    if as_json:
        print_json(outcomes)
        return
    rows = [
        (
            outcome.id,
            outcome.fault,
            outcome.dialect,
            outcome.form if outcome.recovery == "off" else f"{outcome.form}, {outcome.recovery}",
            paint("pass", "32") if outcome.passed else paint("FAIL", "31"),
            outcome.seen,
        )
        for outcome in outcomes
    ]
    print_table(("", "fault", "dialect", "form", "", "what was seen"), rows)
    passed = sum(outcome.passed for outcome in outcomes)
    rows_passed = {o.id for o in outcomes} - {o.id for o in outcomes if not o.passed}
    print(
        f"{passed} of {len(outcomes)} cases pass, {len(rows_passed)} of {len({o.id for o in outcomes})} rows"
    )

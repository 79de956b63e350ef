"""Set budgets, and see how they stand and where they are going."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from penstock.cli.parts import options
from penstock.cli.parts.trouble import Trouble

if TYPE_CHECKING:  # what commands load when they run
    from collections.abc import Sequence

    from penstock.config.tree import Budget
    from penstock.gateway.budgets import State
    from penstock.storage.database import Database

SCOPES: Final = click.Choice(["key", "user", "team", "organization", "model", "feature"])
PERIODS: Final = click.Choice(["hour", "day", "week", "month", "total", "session"])
HISTORY_SECONDS: Final = 28 * 86_400.0
"""What a forecast looks back on."""


@click.group()
def command() -> None:
    """Set budgets, and see how they stand and where they are going.

    Works on the database, whether a server runs or not; one that runs notices within a second or two.
    """


@command.command(name="list")
@options.config
@options.data
@options.environment
@options.as_json
def list_(config: Path | None, data: Path | None, environment: str | None, *, as_json: bool) -> None:
    """List all budgets, and what the ledger says was spent of each in its present period."""
    from penstock.cli.parts.output import print_json, print_table
    from penstock.domain.money import usd

    rules, states = _read(config, data, environment)
    if as_json:
        print_json({"budgets": rules, "states": states})
        return
    if not rules:
        print("no budgets; `penstock budget set` makes one")
        return
    print_table(
        ("budget", "amount", "mode", "at end"),
        [
            (f"{rule.scope}/{rule.name}/{rule.period}", f"${rule.usd:g}", rule.mode, rule.at_end)
            for rule in rules
        ],
        right=(1,),
    )
    if states:
        print()
        print_table(
            ("who", "period", "spent", "of", "share", "resets"),
            [
                (
                    f"{state.scope} {state.name}",
                    f"{state.period} {state.session}".strip(),
                    f"${usd(state.spent)}",
                    f"${usd(state.nanos + state.granted)}",
                    f"{state.share:.0%}",
                    _when(state.resets),
                )
                for state in states
            ],
            right=(2, 3, 4),
        )


@command.command(name="set")
@click.argument("scope", type=SCOPES)
@click.argument("name")
@click.option("--usd", type=click.FloatRange(min=0), help="How much, in US dollars.")
@click.option(
    "--period", type=PERIODS, default="month", show_default=True, help="When it begins anew, in UTC."
)
@click.option(
    "--mode",
    type=click.Choice(["strict", "expected"]),
    default="expected",
    show_default=True,
    help="Hold the worst case, or what a request will probably cost.",
)
@click.option(
    "--at-end",
    type=click.Choice(["refuse", "cheaper", "approve"]),
    default="refuse",
    show_default=True,
    help="What happens when it is used up.",
)
@click.option("--cheaper", help="The model that goes on with `--at-end cheaper`.")
@click.option(
    "--remove", is_flag=True, help="Forget the budget that was set; the configuration's holds again."
)
@options.config
@options.data
@options.environment
@options.as_json
@options.dry_run
def set_(
    scope: str,
    name: str,
    config: Path | None,
    data: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    dry_run: bool,
    remove: bool,
    period: str,
    **settings: Any,  # noqa: ANN401 - click's values
) -> None:
    """Set the budget of a key, user, ... (`*`: of each one).

    It takes the place of the configuration's budget of the same scope, name and period.
    """
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.setup import database
    from penstock.storage import budgets

    called = f"{scope}/{name}/{period}"
    budget = None if remove else _checked(scope, name, period, settings)
    if not dry_run:
        with database(config, environment, data) as opened:
            if budget is not None:
                opened.write(budgets.put, budget)
            elif not opened.write(budgets.remove, called):
                raise Trouble(f"the budget {called} was not set here", "penstock budget list")
    if as_json:
        print_json({"id": called, "budget": budget, "dry_run": dry_run})
        return
    done = f"{called} is forgotten" if budget is None else f"{called} is ${budget.usd:g}"
    print(f"would be done: {done}" if dry_run else done)


@command.command()
@click.argument("scope", type=SCOPES)
@click.argument("name")
@options.config
@options.data
@options.environment
@options.as_json
def explain(
    scope: str, name: str, config: Path | None, data: Path | None, environment: str | None, *, as_json: bool
) -> None:
    """Say which budgets hold for a key, user, ..., and what was spent of them on what."""
    from penstock.cli.parts.output import print_json, print_table
    from penstock.cli.parts.setup import database
    from penstock.domain.money import usd
    from penstock.gateway.periods import bounds
    from penstock.storage import budgets

    now = time.time()
    states = _read(config, data, environment)[1]
    with database(config, environment, data) as opened:
        found = [
            (state, opened.read(budgets.parts, state.scope, state.name, bounds(state.period, now)[0]))
            if state.scope != "feature"
            else (state, [])
            for state in _of(opened, states, scope, name)
        ]
    if as_json:
        print_json([{"state": state, "parts": parts} for state, parts in found])
        return
    for state, parts in found:
        whole = state.nanos + state.granted
        print(
            f"{state.id}: ${usd(state.spent)} of ${usd(whole)} spent ({state.share:.0%}), "
            f"${usd(max(0, whole - state.spent))} left, resets {_when(state.resets)}"
        )
        print_table(
            ("model", "user", "spent", "calls"),
            [(part.model, part.user or "", f"${usd(part.nanos)}", str(part.attempts)) for part in parts],
            right=(2, 3),
        )


@command.command()
@click.argument("scope", type=SCOPES)
@click.argument("name")
@options.config
@options.data
@options.environment
@options.as_json
def forecast(
    scope: str, name: str, config: Path | None, data: Path | None, environment: str | None, *, as_json: bool
) -> None:
    """Say what a period will have cost at its end if spending goes on as in the last four weeks."""
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.setup import database
    from penstock.domain.money import usd
    from penstock.gateway.forecast import forecast as carry_on
    from penstock.storage import budgets

    if scope == "feature":
        raise Trouble("the ledger does not tell features apart, so there is no forecast for one")
    now = time.time()
    states = _read(config, data, environment)[1]
    with database(config, environment, data) as opened:
        found = [
            (
                state,
                carry_on(
                    state.spent,
                    opened.read(budgets.hourly, state.scope, state.name, now - HISTORY_SECONDS),
                    now,
                    now if state.resets is None else state.resets,
                ),
            )
            for state in _of(opened, states, scope, name)
        ]
    if as_json:
        print_json([{"state": state, "forecast": made} for state, made in found])
        return
    for state, made in found:
        whole = state.nanos + state.granted
        verdict = "over" if made.low > whole else "perhaps over" if made.high > whole else "within"
        print(
            f"{state.id}: ${usd(made.expected)} at the end ({_when(state.resets)}), 80 % between "
            f"${usd(made.low)} and ${usd(made.high)}: {verdict} the ${usd(whole)}"
        )


def _read(
    config: Path | None, data: Path | None, environment: str | None
) -> "tuple[Sequence[Budget], Sequence[State]]":
    """Return all budgets and how they stand by the ledger."""
    from penstock.app.plugins import Kinds
    from penstock.cli.parts.setup import database, load, source
    from penstock.gateway.budgets import read_all
    from penstock.storage import budgets

    loaded = load(source(config, environment, kinds=Kinds()))
    with database(config, environment, data) as opened:
        rules = budgets.over(loaded.config.budgets, opened.read(budgets.listed))
        states = read_all(opened, rules, time.time())
    return rules, states


def _of(opened: "Database", states: "Sequence[State]", scope: str, name: str) -> "list[State]":
    """Pick those of one key, user, ...; a key also by what it is called."""
    from penstock.storage.budgets import lines_called

    names = {name} | (opened.read(lines_called, name) if scope == "key" else set())
    found = [state for state in states if state.scope == scope and state.name in names]
    if not found:
        raise Trouble(f"the {scope} {name} has no budget, or has spent nothing of it", "penstock budget list")
    return found


def _checked(scope: str, name: str, period: str, settings: dict[str, Any]) -> "Budget":  # click's values
    """Make the budget. Raises Trouble for what does not go together."""
    from penstock.config.tree import Budget

    if settings["usd"] is None:
        raise Trouble("--usd is missing", "penstock budget set --help", code=2)
    if (settings["at_end"] == "cheaper") != (settings["cheaper"] is not None):
        raise Trouble("`--at-end cheaper` and `--cheaper MODEL` go together", code=2)
    return Budget(scope=scope, name=name, period=period, **settings)  # type: ignore[arg-type]  # click chose


def _when(moment: float | None) -> str:
    if moment is None:
        return "never"
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")

"""Learn which requests need the stronger model, and see how well that goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.parts import options

if TYPE_CHECKING:
    from penstock.cli.parts.routing import Fitted, Judged

_outcomes = click.option(
    "--outcomes",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help='JSON lines {"prompt", "weak", "strong"} with 0/1 or a score; may be gzipped.',
)
_route = click.option("--route", default="auto", show_default=True, metavar="NAME", help="The route.")


@click.group()
def command() -> None:
    """Learn from outcomes which requests need the stronger model, and see how well that goes."""


@command.command()
@_outcomes
@_route
@click.option(
    "--max-loss",
    type=click.FloatRange(min=0, min_open=True),
    default=0.02,
    show_default=True,
    help="Mean score per request that may be lost.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=0.95,
    show_default=True,
    help="That the loss is really smaller.",
)
@options.data
@options.as_json
@options.dry_run
def fit(
    outcomes: Path,
    route: str,
    max_loss: float,
    confidence: float,
    data: Path | None,
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Learn a model for a route and keep it in the data folder, in place of an older one.

    It may send requests to the weak model only as far as held-out outcomes show that less than --max-loss
    is lost; without enough of them, all go to the strong model.
    """
    from penstock.cli.parts import routing
    from penstock.cli.parts.outcomes import read
    from penstock.cli.parts.setup import folder

    file = routing.place(folder(data), route)
    rows = read(outcomes)
    with _bar("Learning") as advance:
        model, fitted = routing.learn(rows, max_loss, 1 - confidence, advance)
    if not dry_run:
        routing.keep(file, model, rows, fitted)
    decision = routing.timed(model, rows.prompts)
    if as_json:
        _print_json(route, [fitted.judged], fitted=fitted, decision_ms=decision, file=file, dry_run=dry_run)
        return
    _print_judged(route, fitted.judged)
    _print_saving(fitted)
    print(f"decision: p50 {decision.p50:.3f} ms, p99 {decision.p99:.3f} ms")
    print(f"{'would be' if dry_run else 'was'} kept in {file}")


@command.command()
@_outcomes
@_route
@options.data
@options.as_json
def evaluate(outcomes: Path, route: str, data: Path | None, *, as_json: bool) -> None:
    """Say how much of the gap between two models a route's model recovers.

    Prompts that it was fitted on are cross-validated, others are judged as they are. When no model was
    fitted, the whole file is cross-validated.
    """
    from penstock.cli.parts import routing
    from penstock.cli.parts.outcomes import read
    from penstock.cli.parts.setup import folder
    from penstock.gateway.quality_fit import fit as fit_all

    file = routing.place(folder(data), route)
    rows = read(outcomes)
    known = routing.known(file)
    with _bar("Judging") as advance:
        judged = routing.judge(rows, known, advance)
    model = known.model if known else fit_all(routing.corpus_of(rows), rows.gains)
    decision = routing.timed(model, rows.prompts)
    if as_json:
        _print_json(route, judged, fitted_before=known is not None, decision_ms=decision)
        return
    if known is None:
        print(f"no model was fitted for {route} before: these are figures of cross-validation on the file")
    for it in judged:
        _print_judged(route, it)
    print(f"decision: p50 {decision.p50:.3f} ms, p99 {decision.p99:.3f} ms")


@command.command()
@click.argument("prompt")
@_route
@options.data
@options.as_json
def explain(prompt: str, route: str, data: Path | None, *, as_json: bool) -> None:
    """Say to which model a route's learned model sends PROMPT, and why."""
    from penstock.cli.parts import routing
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.setup import folder
    from penstock.cli.parts.trouble import Trouble

    known = routing.known(routing.place(folder(data), route))
    if known is None:
        raise Trouble(f"no model was fitted for {route}", "penstock routes fit --outcomes FILE")
    gain, threshold = known.model.gain(prompt), known.model.threshold
    earned = threshold > float("-inf")
    role = "strong" if gain >= threshold else "weak"
    if as_json:
        print_json({"route": route, "to": role, "gain": gain, "threshold": threshold if earned else None})
        return
    limit = f"the weak model may answer under {threshold:.3f}" if earned else "nothing was earned yet"
    print(f"{role}: the stronger model is expected to gain {gain:.3f}; {limit}")


@contextmanager
def _bar(what: str) -> Iterator[Callable[[], None]]:
    """Show on stderr how far it is, while somebody looks."""
    from rich.console import Console
    from rich.progress import Progress

    from penstock.cli.parts.routing import ROUNDS
    from penstock.gateway.quality_measure import FOLDS

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=FOLDS * ROUNDS)
        yield lambda: bar.advance(task)


def _print_json(route: str, judged: "list[Judged]", **more: object) -> None:
    """The first figures stand at the top; `sets` has all of them."""
    import msgspec

    from penstock.cli.parts.output import print_json

    sets = msgspec.to_builtins(judged)
    print_json({"route": route, **sets[0], "sets": sets, **{k: _plain(v) for k, v in more.items()}})


def _plain(value: object) -> object:
    import msgspec

    return str(value) if isinstance(value, Path) else msgspec.to_builtins(value)


def _print_judged(route: str, it: "Judged") -> None:
    print(f"route {route}, {it.rows} outcomes, {it.method}")
    print(f"weak model {it.weak:.3f}, strong model {it.strong:.3f}, gap {it.strong - it.weak:.3f}")
    if it.apgr is None or it.cpt50 is None or it.cpt80 is None:
        print("the strong model is not the better one on these outcomes: there is no gap to recover")
        return
    print(f"area under the performance gap recovered (APGR): {it.apgr:.4f}{_spread(it.apgr_spread)}")
    print(f"strong calls for 50 % of the gap (CPT 50): {it.cpt50:.1%}{_spread(it.cpt50_spread)}")
    print(f"strong calls for 80 % of the gap (CPT 80): {it.cpt80:.1%}{_spread(it.cpt80_spread)}")


def _spread(value: float | None) -> str:
    return "" if value is None else f" (spread {value:.4f})"


def _print_saving(fitted: "Fitted") -> None:
    if fitted.threshold is None:
        print(f"all requests go to the strong model: no loss under {fitted.max_loss:g} could be shown")
        return
    print(
        f"{fitted.strong_share:.0%} of requests go to the strong model: those with an expected gain of "
        f"{fitted.threshold:.3f} or more"
    )
    print(
        f"lost: {fitted.loss:.4f} per request; shown to be under {fitted.bound:.4f}, "
        f"at most {fitted.max_loss:g} was asked for"
    )

"""Read a repository, so that it can be searched."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from penstock.cli.parts import options

if TYPE_CHECKING:
    from penstock.context.index import Index, Report
    from penstock.context.learned import Learned


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--rev", metavar="COMMIT", help="This commit instead of the work tree, without a checkout.")
@options.data
@options.as_json
def command(path: Path, rev: str | None, data: Path | None, *, as_json: bool) -> None:
    """Read the git repository at PATH, a work tree or a bare directory, so that it can be searched.

    Only what changed since the last time is read; commits share what they have in common.
    """
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.repository import opened
    from penstock.cli.parts.trouble import explained

    began = perf_counter()
    with explained(), opened(path, data) as (index, file):
        report, learned = _fill(index, rev)
        facts = _facts(report, learned, perf_counter() - began, file)
        if as_json:
            print_json(facts)
        else:
            _print(report, learned, facts)


def _fill(index: "Index", rev: str | None) -> "tuple[Report, Learned]":
    from rich.console import Console
    from rich.progress import Progress

    from penstock.context.search import learned_for

    listing = index.listing(rev)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=None)
        read = index.fill(listing, lambda done, total: bar.update(task, completed=done, total=total))
        bar.update(task, description="Learning from its past", total=None)
        commits = index.remember(listing.commit)
        learned = learned_for(index, index.past(listing.commit))
    return index.report(listing, read, commits), learned


def _facts(report: "Report", learned: "Learned", seconds: float, file: Path) -> dict[str, object]:
    import msgspec

    size = sum(it.stat().st_size for it in file.parent.glob(file.name + "*"))
    held_out = {
        "cases": learned.cases,
        "first": learned.first,
        "first_five": learned.first_five,
        "before": learned.before,
    }
    facts: dict[str, object] = msgspec.to_builtins(report)
    return {**facts, "learned": held_out, "seconds": round(seconds, 3), "bytes": size, "file": str(file)}


def _print(report: "Report", learned: "Learned", facts: dict[str, object]) -> None:
    languages = ", ".join(f"{name} {number}" for name, number in report.languages.items())
    print(f"{report.files} files, {report.symbols} symbols, {report.chunks} chunks: {languages}")
    print(f"{report.read} contents and {report.commits} commits were new")
    _print_reasons("left out", report.skipped)
    _print_reasons("cut by lines", report.fallbacks)
    if learned.cases:
        print(
            f"on {learned.cases} past fixes of this repository that were held out, the right file is first "
            f"{learned.first:.0%} of the time, and in the first five {learned.first_five:.0%}"
        )
    print(f"{facts['seconds']} s, {int(str(facts['bytes'])) / 1e6:.1f} MB in {facts['file']}")


def _print_reasons(title: str, pairs: "tuple[tuple[str, str], ...]") -> None:
    by_reason: dict[str, list[str]] = {}
    for path, reason in pairs:
        by_reason.setdefault(reason, []).append(path)
    for reason, paths in sorted(by_reason.items()):
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        shown = ", ".join(ascii(it)[1:-1] for it in paths[:3])
        print(f"{title}, {reason}: {shown}{more}")

"""penstock index: read a repository, so that it can be asked."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from penstock.context.index import Index, Report


@click.command("index")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--rev", help="Index this commit instead of the work tree (HEAD of a bare repository).")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of Penstock's data.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def command(path: Path, rev: str | None, data: Path | None, as_json: bool) -> None:
    """Index the git repository at PATH: a work tree or a bare directory. Only what changed is read."""
    from penstock.context.git import NoRepositoryError

    began = perf_counter()
    try:
        index, file = open_index(path, data)
        report = _fill(index, rev, quiet=as_json)
    except NoRepositoryError as error:
        raise click.ClickException(str(error)) from None
    seconds = perf_counter() - began
    if as_json:
        _print_json(report, seconds, file)
    else:
        _print(report, seconds, file)


def open_index(path: Path, data: Path | None) -> "tuple[Index, Path]":
    """Open the index of the repository at `path`, and say where it is. Raises NoRepositoryError."""
    from penstock.chunkers import Chunkers
    from penstock.context.git import Git
    from penstock.context.index import Index, store_path
    from penstock.storage.index import IndexStore

    git = Git.find(path)
    file = store_path(data or Path.home() / ".penstock", git)
    return Index(git, IndexStore.open(file), Chunkers()), file


def _fill(index: "Index", rev: str | None, *, quiet: bool) -> "Report":
    from rich.progress import Progress

    listing = index.listing(rev)
    with Progress(transient=True, disable=quiet) as bar:
        task = bar.add_task("Reading", total=None)
        read = index.fill(listing, lambda done, total: bar.update(task, completed=done, total=total))
        commits = index.remember(listing.commit)
    return index.report(listing, read, commits)


def _print_json(report: "Report", seconds: float, file: Path) -> None:
    import msgspec

    facts = {**msgspec.to_builtins(report), "seconds": round(seconds, 3), "bytes": _size(file)}
    click.echo(msgspec.json.encode(facts))


def _print(report: "Report", seconds: float, file: Path) -> None:
    languages = ", ".join(f"{name} {number}" for name, number in report.languages.items())
    click.echo(f"{report.files} files, {report.symbols} symbols, {report.chunks} chunks: {languages}")
    click.echo(f"{report.read} contents and {report.commits} commits were new")
    _print_reasons("left out", report.skipped)
    _print_reasons("cut by lines, not by syntax", report.fallbacks)
    click.echo(f"{seconds:.1f} s, {_size(file) / 1e6:.1f} MB in {file}")


def _print_reasons(title: str, pairs: "tuple[tuple[str, str], ...]") -> None:
    by_reason: dict[str, list[str]] = {}
    for path, reason in pairs:
        by_reason.setdefault(reason, []).append(path)
    for reason, paths in sorted(by_reason.items()):
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        click.echo(f"{title}, {reason}: {', '.join(map(repr, paths[:3]))}{more}")


def _size(file: Path) -> int:
    return sum(it.stat().st_size for it in file.parent.glob(file.name + "*"))

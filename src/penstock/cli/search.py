"""penstock search: ask a repository where."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.index import open_index

if TYPE_CHECKING:
    from penstock.context.index import Index
    from penstock.context.search import Found


@click.command("search")
@click.argument("text", required=False)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="Work tree or bare git directory."
)
@click.option("--rev", help="Look at this commit and its ancestors only.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of Penstock's data.")
@click.option("-k", default=10, show_default=True, help="Places to show.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--batch", is_flag=True, help="Read JSON lines {id, rev, query}; print one line for each.")
def command(
    text: str | None, repo: Path, rev: str | None, data: Path | None, k: int, as_json: bool, batch: bool
) -> None:
    """Find the places that TEXT is about. Without TEXT it is read from standard input."""
    from penstock.context.git import NoRepositoryError
    from penstock.context.search import state_of

    try:
        index, _ = open_index(repo, data)
        if batch:
            _answer_lines(index, rev, k)
            return
        question = text if text is not None else sys.stdin.buffer.read().decode(errors="replace")
        found = state_of(index, rev).search(question, k)
    except NoRepositoryError as error:
        raise click.ClickException(str(error)) from None
    _print(found, as_json)


def _answer_lines(index: "Index", rev: str | None, k: int) -> None:
    """Answer line by line; a line that cannot be answered is answered with its error."""
    import msgspec

    from penstock.context.git import NoRepositoryError
    from penstock.context.search import State, state_of

    states: dict[str | None, State] = {}
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        asked: dict[str, str] = {}
        try:
            asked = msgspec.json.decode(line, type=dict[str, str])
            revision = asked.get("rev") or rev
            if revision not in states:
                states = {revision: state_of(index, revision)}
            answer = msgspec.to_builtins(states[revision].search(asked.get("query", ""), k))
        except (msgspec.DecodeError, NoRepositoryError) as error:
            answer = {"error": str(error)}
        click.echo(msgspec.json.encode({"id": asked.get("id"), **answer}))


def _print(found: "Found", as_json: bool) -> None:
    import msgspec

    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for hit in found.results:
        click.echo(f"{hit.path}:{hit.start}-{hit.end}  {hit.symbol}  {hit.confidence:.0%}")
        click.echo(f"    {'; '.join(hit.reasons)}")
    if not found.results:
        click.echo("Nothing was found.")

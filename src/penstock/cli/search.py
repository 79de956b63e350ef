"""Find the places in a repository that a question, issue or traceback is about."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.parts import options

if TYPE_CHECKING:
    from penstock.context.index import Index
    from penstock.context.search import Found

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("text", required=False)
@click.option("--repo", type=_PATH, default=Path(), metavar="PATH", help="Work tree or bare git directory.")
@click.option("--rev", metavar="COMMIT", help="Look at this commit and its ancestors only.")
@options.data
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="Places to show.")
@options.as_json
@click.option("--batch", is_flag=True, help="Read JSON lines {id, rev, query}; print one line for each.")
def command(
    text: str | None, repo: Path, rev: str | None, data: Path | None, k: int, *, as_json: bool, batch: bool
) -> None:
    """Find the places that TEXT is about; without TEXT, it is read from standard input."""
    from penstock.cli.parts.repository import opened
    from penstock.cli.parts.trouble import explained

    with explained(), opened(repo, data) as (index, _):
        if batch:
            for line in _answers(index, sys.stdin.buffer, rev, k):
                click.echo(line)
            return
        from penstock.context.search import state_of

        question = text if text is not None else sys.stdin.buffer.read().decode(errors="replace")
        _print(state_of(index, rev).search(question, k), as_json=as_json)


def _answers(index: "Index", lines: Iterable[bytes], rev: str | None, k: int) -> Iterator[bytes]:
    """Answer line by line; a line that cannot be answered is answered with its error."""
    import msgspec

    from penstock.context.git import NoRepository
    from penstock.context.search import State, state_of

    states: dict[str | None, State] = {}
    for line in filter(bytes.strip, lines):
        asked: dict[str, object] = {}
        try:
            asked = msgspec.json.decode(line, type=dict[str, object])
            revision = str(asked["rev"]) if asked.get("rev") else rev
            if revision not in states:
                states = {revision: state_of(index, revision)}
            found = states[revision].search(str(asked.get("query") or ""), k)
        except (msgspec.DecodeError, NoRepository) as error:
            yield msgspec.json.encode({"id": asked.get("id"), "error": str(error)})
        else:
            yield msgspec.json.encode({"id": asked.get("id"), **msgspec.to_builtins(found)})


def _print(found: "Found", *, as_json: bool) -> None:
    import msgspec

    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    if not found.results:
        print("Nothing was found.")
    if found.elsewhere:
        print("This is probably not in this repository.")
    for hit in found.results:
        print(f"{hit.path}:{hit.start}-{hit.end}  {hit.symbol}  {hit.confidence:.0%}")
        print(f"    {'; '.join(hit.reasons)}")

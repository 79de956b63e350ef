"""Try the semantic cache on pairs of requests of one's own."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from penstock.gateway.judging import Judge


@click.group()
def command() -> None:
    """What the caches would do."""


@command.command()
@click.option(
    "--route", default="default", show_default=True, metavar="NAME", help="Named in each line of the answer."
)
def judge(route: str) -> None:
    """Say for each pair whether the second request would be served the answer to the first.

    Reads JSON lines {"q1", "q2"} from standard input; other fields are ignored. Prints one line for each.
    Needs no configuration, and sends nothing anywhere: all routes are judged by the same vetoes and the
    same lexical verifier.
    """
    from penstock.gateway.judging import Judge
    from penstock.gateway.verifier import shipped

    wrong = 0
    for failed, line in _verdicts(sys.stdin.buffer, route, Judge(shipped())):
        wrong += failed
        click.echo(line)
    if wrong:
        from penstock.cli.parts.trouble import Trouble

        raise Trouble(f"{wrong} of the lines could not be read; the others were judged")


def _verdicts(lines: Iterable[bytes], route: str, judge: "Judge") -> Iterator[tuple[bool, bytes]]:
    """Judge line by line; a line that cannot be read is answered with its error."""
    import msgspec

    class Pair(msgspec.Struct):
        q1: str
        q2: str

    decoder = msgspec.json.Decoder(Pair)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            pair = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield True, msgspec.json.encode({"line": number, "error": str(error)})
        else:
            verdict = judge.judge(pair.q1, pair.q2)
            yield False, msgspec.json.encode({"line": number, "route": route, **msgspec.to_builtins(verdict)})

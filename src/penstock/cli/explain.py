"""Say what happened to a request, and why it cost what it cost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.parts import options

if TYPE_CHECKING:
    from penstock.cli.parts.receipt import Line, Pricer, Receipt
    from penstock.domain.record import AttemptRecord, RequestRecord


@click.command()
@click.argument("request", metavar="REQUEST")
@options.config
@options.data
@options.environment
@options.as_json
def command(
    request: str, config: Path | None, data: Path | None, environment: str | None, *, as_json: bool
) -> None:
    """Say what happened to a request, and why it cost what it cost.

    REQUEST is the id that the reply's header x-penstock-request-id gave.
    """
    from penstock.cli.parts.output import print_json
    from penstock.cli.parts.receipt import receipt
    from penstock.cli.parts.setup import database
    from penstock.cli.parts.trouble import Trouble
    from penstock.domain.money import usd
    from penstock.storage import ledger, records

    with database(config, environment, data) as opened:
        record = opened.read(records.get, request)
        rows = opened.read(ledger.of_request, request)
    if record is None and not rows:
        raise Trouble(
            f"there is no request {request}", "its id is in the reply's header x-penstock-request-id"
        )
    bill = receipt(request, rows, record, _pricer(config, environment))
    if as_json:
        total = None if bill.total_nanos is None else usd(bill.total_nanos)
        print_json({"record": record, "receipt": bill, "total_usd": total})
        return
    if record is not None:
        _print_record(record)
    else:
        print(f"request {request}: its record is gone, the ledger is kept\n")
    _print_bill(bill)


def _pricer(config: Path | None, environment: str | None) -> "Pricer":
    from penstock.cli.parts.checked import checked, complete
    from penstock.cli.parts.receipt import Pricer
    from penstock.gateway.catalog import shipped

    loaded, _, _ = checked(complete(config, environment))
    return Pricer(shipped(), loaded)


def _print_record(record: "RequestRecord") -> None:
    from penstock.cli.parts.output import paint, print_table

    at = datetime.fromtimestamp(record.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    print(paint(f"request {record.id}", "1"))
    who = "/".join(part for part in (record.organization, record.team, record.user) if part)
    facts = {
        "when": at,
        "asked": f"{record.model_asked} ({record.dialect}, {'stream' if record.stream else 'whole'})",
        "by": f"{record.key_name} ({record.key_id})" + (f", {who}" if who else ""),
        "client": record.client or "",
        "session": record.session or "",
        "answered": f"{record.status} {record.code}" + (f": {record.message}" if record.message else ""),
        "target": record.target,
        "model": record.model_answered,
        "finish": record.finish_reason or "",
        "time": _times(record),
        "dropped": ", ".join(record.dropped),
    }
    for name, value in facts.items():
        if value:
            print(f"  {name:<9} {value}")
    print()
    if record.attempts:
        print_table(
            ("attempt", "target", "key", "began", "first token", "ended", "outcome", "status"),
            [_attempt(attempt) for attempt in record.attempts],
            right=(3, 4, 5, 7),
        )
        print()


def _times(record: "RequestRecord") -> str:
    first = f"first token {_ms(record.first_token_ms)}, " if record.first_token_ms is not None else ""
    return f"{first}{_ms(record.total_ms)} in all, {_ms(record.overhead_ms)} of it ours"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f} ms"


def _attempt(attempt: "AttemptRecord") -> tuple[str, ...]:
    return (
        str(attempt.number),
        f"{attempt.provider}/{attempt.model}",
        attempt.key,
        _ms(attempt.started_ms),
        _ms(attempt.first_token_ms),
        _ms(attempt.ended_ms),
        attempt.outcome,
        str(attempt.status or ""),
    )


def _print_bill(bill: "Receipt") -> None:
    from penstock.cli.parts.output import paint, print_table

    rows = [row for line in bill.lines for row in _bill_rows(line)]
    if rows:
        rows.append(("", "total", "", "", _usd(bill.total_nanos)))
        print_table(("attempt", "what", "tokens", "USD per million", "USD"), rows, right=(2, 3, 4))
    else:
        print("nothing was spent")
    if bill.open:
        print(paint("an attempt is under way: what it costs is not known yet", "33"))
    for line in bill.lines:
        if line.estimated:
            print(f"attempt {line.attempt} is estimated: the provider did not say what was used")
        if line.nanos is None:
            print(f"attempt {line.attempt}: the price of {line.target} is not known; `prices` can set it")
        elif line.nanos and not line.parts:
            print(
                f"attempt {line.attempt}: prices have changed since ({line.price_version}), so only its sum"
            )


def _bill_rows(line: "Line") -> list[tuple[str, ...]]:
    number = str(line.attempt)
    if line.parts:
        return [
            (number, part.bucket, f"{part.tokens:,}", part.usd_per_million, _usd(part.nanos))
            for part in line.parts
        ]
    tokens = line.usage.input_tokens + line.usage.output_tokens if line.usage else 0
    return [(number, f"{line.target} ({line.reason})", f"{tokens:,}", "", _usd(line.nanos))]


def _usd(nanos: int | None) -> str:
    from penstock.domain.money import usd

    return "unknown" if nanos is None else usd(nanos)

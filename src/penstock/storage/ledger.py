"""Rows of the ledger. They are written in groups, by `sinks`; here they are read and recovered."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, text

from penstock.domain.ledger import LedgerRow
from penstock.domain.usage import Usage
from penstock.storage.database import noun
from penstock.storage.tables import ledger

ENDS = ("settle", "release")
RECOVERED = "recovered"
"""The reason of a settlement that was made for a process that had died."""

OPEN = """
ledger.kind = 'hold' AND ledger.process_id = :process_id AND ledger.at >= :since AND NOT EXISTS (
    SELECT 1 FROM ledger AS ending
    WHERE ending.request_id = ledger.request_id AND ending.attempt = ledger.attempt
    AND ending.kind IN ('settle', 'release')
)"""

COLUMNS = tuple(column.name for column in ledger.columns)

_usage = msgspec.json.Decoder(Usage)


def of_request(connection: Connection, request_id: str) -> list[LedgerRow]:
    """Return all rows of a request, by attempt and time."""
    query = select(ledger).where(ledger.c.request_id == request_id).order_by(ledger.c.attempt, ledger.c.at)
    return [read_row(found) for found in connection.execute(query)]


def open_holds(connection: Connection, process_id: str, since: float = 0.0) -> list[LedgerRow]:
    """Return the holds of a process, made at `since` or later, that have not ended, by time."""
    query = select(ledger).where(text(OPEN)).order_by(ledger.c.at)
    who = {"process_id": process_id, "since": since}
    return [read_row(found) for found in connection.execute(query, who)]


def settle_open(connection: Connection, process_id: str, since: float, now: float) -> int:
    """Settle the open holds of a process that is gone at their estimate, flagged; return how many.

    An estimate that is not known stays unknown. Repeating it, also at the same time in another
    process, changes nothing more: a hold has one end, by a unique index.
    """
    replaced = {"kind": "'settle'", "at": ":now", "usage": "NULL", "estimated": "TRUE", "reason": ":reason"}
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    values = ", ".join(replaced.get(name, f'ledger."{name}"') for name in COLUMNS)
    holds = f"SELECT {values} FROM ledger WHERE {OPEN}"  # noqa: S608 - own names
    query = text(f"INSERT INTO ledger ({names}) {holds} ON CONFLICT DO NOTHING")
    who = {"process_id": process_id, "since": since, "now": now, "reason": RECOVERED}
    return connection.execute(query, who).rowcount


def read_row(found: Row[Any]) -> LedgerRow:  # wire: a row of all columns
    """Make the noun of a row of the table."""
    row = noun(found, LedgerRow)
    return row if row.usage is None else msgspec.structs.replace(row, usage=_usage.decode(found.usage))

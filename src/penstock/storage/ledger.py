"""Rows of the ledger. They are written in groups, by `sinks`; here they are read and recovered."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, literal, null, select
from sqlalchemy.dialects import postgresql, sqlite

from penstock.domain.ledger import LedgerRow
from penstock.domain.usage import Usage
from penstock.storage.database import noun
from penstock.storage.tables import ledger

ENDS = ("settle", "release")
RECOVERED = "recovered"
"""The reason of a settlement that was made for a process that had died."""

COLUMNS = tuple(column.name for column in ledger.columns)

_usage = msgspec.json.Decoder(Usage)


def of_request(connection: Connection, request_id: str) -> list[LedgerRow]:
    """Return all rows of a request, by attempt and time."""
    query = select(ledger).where(ledger.c.request_id == request_id).order_by(ledger.c.attempt, ledger.c.at)
    return [read_row(found) for found in connection.execute(query)]


def open_holds(connection: Connection, process_id: str, since: float = 0.0) -> list[LedgerRow]:
    """Return the holds of a process, made at `since` or later, that have not ended, by time."""
    query = select(ledger).where(_is_open(process_id, since)).order_by(ledger.c.at)
    return [read_row(found) for found in connection.execute(query)]


def settle_open(connection: Connection, process_id: str, since: float, now: float) -> int:
    """Settle the open holds of a process that is gone at their estimate, flagged; return how many.

    An estimate that is not known stays unknown. Repeating it, also at the same time in another
    process, changes nothing more: a hold has one end, by a unique index.
    """
    replaced: dict[str, ColumnElement[Any]] = {  # wire: columns of several types
        "kind": literal("settle"),
        "at": literal(now),
        "usage": null(),
        "estimated": literal(value=True),
        "reason": literal(RECOVERED),
    }
    values = [replaced.get(column.name, column).label(column.name) for column in ledger.columns]
    holds = select(*values).where(_is_open(process_id, since))
    insertion = sqlite.insert(ledger) if connection.dialect.name == "sqlite" else postgresql.insert(ledger)
    query = insertion.from_select(COLUMNS, holds).on_conflict_do_nothing()
    done = connection.execute(query.execution_options(preserve_rowcount=True))
    return done.rowcount


def read_row(found: Row[Any]) -> LedgerRow:  # wire: a row of all columns
    """Make the noun of a row of the table."""
    row = noun(found, LedgerRow)
    return row if row.usage is None else msgspec.structs.replace(row, usage=_usage.decode(found.usage))


def _is_open(process_id: str, since: float) -> ColumnElement[bool]:
    end = ledger.alias("end")
    ended = exists().where(
        end.c.request_id == ledger.c.request_id,
        end.c.attempt == ledger.c.attempt,
        end.c.kind.in_(ENDS),
    )
    # The kind is written into the statement, so that the partial index on holds can be used.
    is_hold = ledger.c.kind == literal("hold", literal_execute=True)
    return and_(is_hold, ledger.c.process_id == process_id, ledger.c.at >= since, ~ended)

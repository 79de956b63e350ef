"""Checks the ledger's invariants (money.md), also while servers write to it."""

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from penstock.storage import spend
from penstock.storage.ledger import ENDS
from penstock.storage.spend import SCOPES
from penstock.storage.tables import ledger, processes

OPEN_SECONDS = 86_400.0
"""No attempt takes longer: a hold that is open for a day has been forgotten."""
SHOWN = 100
"""Violations of one kind that are named one by one."""
_ALWAYS = (-1e18, 1e18)
"""A period that holds every row."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must not be."""

    rule: str
    request_id: str = ""
    attempt: int = 0
    detail: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        place = f"request {self.request_id}, attempt {self.attempt}: " if self.request_id else ""
        return f"{place}{self.rule}{': ' if self.detail else ''}{self.detail}"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. `holds` is whether every invariant does."""

    holds: bool
    rows: int
    attempts: int
    """Attempts that were held for."""
    spent_nanos: int
    unknown: int
    """Settled attempts without a known price."""
    recovered: int
    """Attempts settled at their estimate because their process died."""
    open: dict[str, int]
    """Open holds by process; those of a process that died are settled at the next start."""
    violations: tuple[Violation, ...]
    """The first hundred of each kind."""


def verify(connection: Connection, now: float) -> Report:
    """Check everything on one consistent view; takes seconds for millions of rows. `now`: Unix seconds."""
    total = spend.total(connection, *_ALWAYS)
    violations = (
        *_listed(connection, "ended without a hold", _unheld()),
        *_listed(connection, "ended more than once", _repeated(ledger.c.kind.in_(ENDS))),
        *_listed(connection, "held more than once", _repeated(ledger.c.kind == "hold")),
        *_listed(connection, "never ended, and its process is gone", _forgotten()),
        *_listed(connection, "open for more than a day", _is_open(ledger.c.at < now - OPEN_SECONDS)),
        *_listed(connection, "an amount that cannot be", _places(_impossible())),
        *_sums(connection, total.nanos),
    )
    return Report(
        holds=not violations,
        rows=_count(connection, ledger.c.kind.is_not(None)),
        attempts=_count(connection, ledger.c.kind == "hold"),
        spent_nanos=total.nanos,
        unknown=total.unknown,
        recovered=_count(connection, and_(ledger.c.kind == "settle", ledger.c.reason == "recovered")),
        open=_open_by_process(connection),
        violations=violations,
    )


def _listed(connection: Connection, rule: str, places: Select[str, int]) -> list[Violation]:
    return [
        Violation(rule=rule, request_id=found[0], attempt=found[1])
        for found in connection.execute(places.limit(SHOWN))
    ]


def _places(where: ColumnElement[bool]) -> Select[str, int]:
    return select(ledger.c.request_id, ledger.c.attempt).where(where)


def _unheld() -> Select[str, int]:
    hold = ledger.alias("held")
    held = exists().where(
        hold.c.request_id == ledger.c.request_id, hold.c.attempt == ledger.c.attempt, hold.c.kind == "hold"
    )
    return _places(and_(ledger.c.kind != "hold", ~held))


def _repeated(kind: ColumnElement[bool]) -> Select[str, int]:
    grouped = _places(kind).group_by(ledger.c.request_id, ledger.c.attempt)
    return grouped.having(func.count() > 1)


def _is_open(also: ColumnElement[bool]) -> Select[str, int]:
    return _places(and_(_open(), also))


def _open() -> ColumnElement[bool]:
    end = ledger.alias("end")
    ended = exists().where(
        end.c.request_id == ledger.c.request_id, end.c.attempt == ledger.c.attempt, end.c.kind.in_(ENDS)
    )
    return and_(ledger.c.kind == "hold", ~ended)


def _forgotten() -> Select[str, int]:
    return _is_open(~exists().where(processes.c.id == ledger.c.process_id))


def _impossible() -> ColumnElement[bool]:
    return or_(
        and_(ledger.c.kind.in_(("hold", "settle")), ledger.c.nanos < 0),
        and_(ledger.c.kind == "release", or_(ledger.c.nanos.is_(None), ledger.c.nanos != 0)),
    )


def _sums(connection: Connection, total: int) -> list[Violation]:
    """The spend of all keys, users, ... adds up to what was settled."""
    violations = []
    for scope in SCOPES:
        derived = sum(found.nanos for found in spend.by_scope(connection, scope, *_ALWAYS))
        if derived != total:
            detail = f"by {scope} {derived}, settled {total} nano-dollars"
            violations.append(Violation(rule="sums differ", detail=detail))
    return violations


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(ledger).where(where)).scalar_one())


def _open_by_process(connection: Connection) -> dict[str, int]:
    query = select(ledger.c.process_id, func.count()).where(_open()).group_by(ledger.c.process_id)
    return {found[0]: found[1] for found in connection.execute(query)}

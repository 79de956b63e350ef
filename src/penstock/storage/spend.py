"""What was spent, derived from the ledger: per scope and period."""

from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, cast, func, literal_column, select

from penstock.storage.tables import SPENT, keys, ledger

Scope = Literal["key", "user", "team", "organization"]

SCOPES: tuple[Scope, ...] = ("key", "user", "team", "organization")


class Spend(msgspec.Struct, frozen=True, kw_only=True):
    """What one scope spent in a period."""

    name: str | None
    """The scope's name; None: requests that had none. Of a key: its public id."""
    nanos: int
    """Sum of what is known."""
    unknown: int
    """Attempts whose price is not known, and which the sum lacks (G20)."""
    estimated: int
    """Attempts whose cost was estimated."""
    attempts: int


def total(connection: Connection, since: float, until: float) -> Spend:
    """Return what everybody spent, from `since` (included) to `until` (not)."""
    found = connection.execute(select(*_SUMS).where(_spent(since, until))).one()
    return Spend(name=None, nanos=found[0], unknown=found[1], estimated=found[2], attempts=found[3])


def by_scope(connection: Connection, scope: Scope, since: float, until: float) -> list[Spend]:
    """Return what each key, user, ... spent, most first. A line of rotated keys counts as its first key."""
    name = _column(scope)
    query = (
        select(name.label("name"), *_SUMS)
        .select_from(ledger.outerjoin(keys, keys.c.public_id == ledger.c.key_id))
        .where(_spent(since, until))
        .group_by(name)
        .order_by(_SUMS[0].desc(), name)
    )
    return [
        Spend(name=found[0], nanos=found[1], unknown=found[2], estimated=found[3], attempts=found[4])
        for found in connection.execute(query)
    ]


def of(connection: Connection, scope: Scope, name: str, since: float, until: float) -> Spend:
    """Return what one scope spent; for a key, that of its whole line (G26)."""
    where = _of_key(name) if scope == "key" else ledger.c[scope] == name
    found = connection.execute(select(*_SUMS).where(_spent(since, until), where)).one()
    return Spend(name=name, nanos=found[0], unknown=found[1], estimated=found[2], attempts=found[3])


def _of_key(name: str) -> ColumnElement[bool]:
    lineage = select(keys.c.lineage).where(keys.c.public_id == name).scalar_subquery()
    line = select(keys.c.public_id).where(keys.c.lineage == lineage)
    return (ledger.c.key_id == name) | ledger.c.key_id.in_(line)


def _column(scope: Scope) -> ColumnElement[str | None]:
    return func.coalesce(keys.c.lineage, ledger.c.key_id) if scope == "key" else ledger.c[scope]


def _spent(since: float, until: float) -> ColumnElement[bool]:
    return and_(literal_column(f"ledger.{SPENT}"), ledger.c.at >= since, ledger.c.at < until)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_SUMS: tuple[ColumnElement[int], ...] = (
    cast(func.coalesce(func.sum(ledger.c.nanos), 0), ledger.c.nanos.type),
    _count((ledger.c.kind == "settle") & ledger.c.nanos.is_(None)),
    _count((ledger.c.kind == "settle") & ledger.c.estimated),
    _count(ledger.c.kind == "settle"),
)
"""Nanos, unknown, estimated, attempts. PostgreSQL sums BIGINT as NUMERIC, hence the cast."""

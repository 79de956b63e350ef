"""What budgets are counted from, and those that were set or granted while servers run."""

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, literal_column, select, update

from penstock.config.tree import Budget, Scope
from penstock.storage.database import noun
from penstock.storage.tables import SPENT, budgets, grants, keys, ledger, requests

PAGE: Final = 10_000


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Money on top of a budget, for one of its periods."""

    counter: str
    """Identity of the period's counter."""
    nanos: int
    """All that was granted for it."""
    window: float
    """Seconds for which the counter is remembered."""
    at: float
    """Unix seconds, UTC."""


class _Record(msgspec.Struct):
    feature: str | None = None
    cost_nanos: int | None = 0


def spent(
    connection: Connection, scope: Scope, since: float, *, name: str = "*", by_session: bool = False
) -> dict[tuple[str, str], int]:
    """Return (name, session) -> nano-dollars of what requests cost that arrived `since` (Unix seconds).

    `name` is that of one key, user, ... or `*` for all. Keys are named by the first of their line (G26), and
    found by that or by what they are called. The session is "" unless `by_session`. Features are found in the
    records, which are kept for `records.keep_days`; everything else in the ledger.
    """
    if scope == "feature":
        found = _by_feature(connection, since, by_session=by_session)
    else:
        found = _by_name(connection, scope, since, by_session=by_session)
    wanted = {name} | (lines_called(connection, name) if scope == "key" else set())
    return found if name == "*" else {who: nanos for who, nanos in found.items() if who[0] in wanted}


def _by_name(
    connection: Connection, scope: Scope, since: float, *, by_session: bool
) -> dict[tuple[str, str], int]:
    who = (_name(scope), ledger.c.session) if by_session else (_name(scope),)
    query = (
        select(func.coalesce(func.sum(ledger.c.nanos), 0), *who)
        .select_from(ledger.outerjoin(keys, keys.c.public_id == ledger.c.key_id))
        # A request belongs to the period in which it arrived: its id is a UUIDv7 and says when.
        .where(_spent_since(since), ledger.c.request_id >= first_id(since))
        .group_by(*who)
    )
    found = connection.execute(query)
    return {(names[0], names[-1] if by_session else ""): int(nanos) for nanos, *names in found if all(names)}


def lines_called(connection: Connection, name: str) -> set[str]:
    """Return the lines of the keys that are called so, or have that id."""
    query = select(keys.c.lineage).where((keys.c.name == name) | (keys.c.public_id == name))
    return set(connection.execute(query).scalars())


def first_id(moment: float) -> str:
    """Return the lowest UUIDv7 of a moment (Unix seconds)."""
    milliseconds = f"{max(0, int(moment * 1000)):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-000000000000"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one model cost one user."""

    model: str
    """The one that answered."""
    user: str | None
    nanos: int
    attempts: int


def parts(connection: Connection, scope: Scope, name: str, since: float) -> list[Part]:
    """Return what spending of requests that arrived `since` consists of, most first; not for features."""
    total = func.coalesce(func.sum(ledger.c.nanos), 0)
    query = (
        select(ledger.c.model_answered, ledger.c.user, total, func.count())
        .select_from(ledger.outerjoin(keys, keys.c.public_id == ledger.c.key_id))
        .where(_spent_since(since), ledger.c.request_id >= first_id(since), _name(scope) == name)
        .group_by(ledger.c.model_answered, ledger.c.user)
        .order_by(total.desc(), ledger.c.model_answered)
    )
    return [
        Part(model=model, user=user, nanos=int(nanos), attempts=attempts)
        for model, user, nanos, attempts in connection.execute(query)
    ]


def hourly(connection: Connection, scope: Scope, name: str, since: float) -> list[tuple[int, int]]:
    """Return (hour, nano-dollars) of the hours with spending, in order; an hour is Unix seconds // 3,600.

    Not for features.
    """
    hour = func.floor(ledger.c.at / 3600.0)
    query = (
        select(hour, func.coalesce(func.sum(ledger.c.nanos), 0))
        .select_from(ledger.outerjoin(keys, keys.c.public_id == ledger.c.key_id))
        .where(_spent_since(since), _name(scope) == name)
        .group_by(hour)
        .order_by(hour)
    )
    return [(int(found[0]), int(found[1])) for found in connection.execute(query)]


def put(connection: Connection, budget: Budget) -> None:
    """Set a budget; it takes the place of the one with the same scope, name and period."""
    remove(connection, budget_id(budget))
    body = msgspec.json.encode(budget).decode()
    connection.execute(budgets.insert().values(id=budget_id(budget), body=body))


def remove(connection: Connection, budget_name: str) -> bool:
    """Forget a budget that was set; whether there was one."""
    return connection.execute(delete(budgets).where(budgets.c.id == budget_name)).rowcount > 0


def listed(connection: Connection) -> list[Budget]:
    """Return the budgets that were set."""
    found = connection.execute(select(budgets.c.body).order_by(budgets.c.id)).scalars()
    return [msgspec.json.decode(body, type=Budget) for body in found]


def budget_id(budget: Budget) -> str:
    """Return what a budget is called: scope/name/period."""
    return f"{budget.scope}/{budget.name}/{budget.period}"


def over(configured: Iterable[Budget], stored: Iterable[Budget]) -> tuple[Budget, ...]:
    """Return all budgets; one that was set takes the place of the configuration's of the same id."""
    return tuple({budget_id(budget): budget for budget in (*configured, *stored)}.values())


def grant(connection: Connection, made: Grant) -> Grant:
    """Add to what is granted for a counter; return all that is."""
    before = connection.execute(
        select(grants.c.nanos).where(grants.c.counter == made.counter).with_for_update()
    ).scalar_one_or_none()
    if before is None:
        connection.execute(grants.insert().values(**msgspec.structs.asdict(made)))
        return made
    made = msgspec.structs.replace(made, nanos=made.nanos + before)
    values = {"nanos": made.nanos, "at": made.at}
    connection.execute(update(grants).where(grants.c.counter == made.counter).values(**values))
    return made


def granted(connection: Connection, since: float) -> list[Grant]:
    """Return the grants that were made `since` then."""
    return [noun(found, Grant) for found in connection.execute(select(grants).where(grants.c.at >= since))]


def _by_feature(connection: Connection, since: float, *, by_session: bool) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    decoder = msgspec.json.Decoder(_Record)
    query = select(requests.c.session, requests.c.body).where(
        requests.c.at >= since, requests.c.body.like('%"feature":%')
    )
    for session, body in connection.execute(query.execution_options(yield_per=PAGE)):
        record = decoder.decode(body)
        if record.feature is not None and record.cost_nanos and not (by_session and session is None):
            who = (record.feature, session if by_session else "")
            sums[who] = sums.get(who, 0) + record.cost_nanos
    return sums


def _name(scope: Scope) -> ColumnElement[str | None]:
    if scope == "key":
        return func.coalesce(keys.c.lineage, ledger.c.key_id)
    return ledger.c.model_asked if scope == "model" else ledger.c[scope]


def _spent_since(since: float) -> ColumnElement[bool]:
    return and_(literal_column(f"ledger.{SPENT}"), ledger.c.at >= since)

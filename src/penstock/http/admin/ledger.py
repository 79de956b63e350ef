"""GET /admin/ledger/...: what was spent, and whether the books are right."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from penstock.domain.exchange import Whole
from penstock.failures import InvalidRequest
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming
from penstock.http.routes import Parameter, Route
from penstock.storage import spend
from penstock.storage.database import Database
from penstock.storage.spend import SCOPES, Spend

DAY: Final = 86_400.0
FAR: Final = 1e12
"""Unix seconds beyond all ledgers."""


class Verification(msgspec.Struct, kw_only=True):
    """Whether the ledger's invariants hold."""

    holds: bool
    findings: list[str] = []
    """One sentence for each thing that is wrong."""


Verify = Callable[[], Verification]
"""Checks the whole ledger; blocks, so it is called in a thread. Raises StorageUnavailable."""


class Spending(msgspec.Struct, kw_only=True):
    """What was spent in a period, in nano-dollars."""

    since: float
    until: float
    total: Spend
    by: Literal["key", "user", "team", "organization"]
    data: list[Spend]


class Ledger:
    """Pages about money. `clock` gives Unix seconds, UTC."""

    def __init__(self, database: Database, verify: Verify, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._verify = verify
        self._clock = clock

    async def spending(self, incoming: Incoming) -> Whole:
        """GET /admin/ledger/spend."""
        scope = incoming.query.get("by", "key")
        if scope not in SCOPES:
            raise InvalidRequest(f"by must be one of {', '.join(SCOPES)}.", param="by")
        now = self._clock()
        until = guard.number(incoming, "until", now, least=0, most=FAR)
        since = guard.number(incoming, "since", until - 30 * DAY, least=0, most=FAR)
        read = self._database.read
        total = await asyncio.to_thread(read, spend.total, since, until)
        data = await asyncio.to_thread(read, spend.by_scope, scope, since, until)
        return guard.write(Spending(since=since, until=until, total=total, by=scope, data=data))

    async def verify(self, _incoming: Incoming) -> Whole:
        """GET /admin/ledger/verify."""
        return guard.write(await asyncio.to_thread(self._verify))


def routes(gate: AdminGate, ledger: Ledger) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/ledger/spend",
            handler=guard.Guarded(gate, ledger.spending),
            access="admin",
            summary="What each key, user, team or organization spent.",
            reply=Spending,
            query=(
                Parameter(name="by", description="key (the default), user, team or organization."),
                Parameter(name="since", description="Unix seconds; 30 days before `until` by default."),
                Parameter(name="until", description="Unix seconds; now by default."),
            ),
            failures=(400, 503),
        ),
        Route(
            method="GET",
            path="/admin/ledger/verify",
            handler=guard.Guarded(gate, ledger.verify),
            access="admin",
            summary="Check the ledger's invariants.",
            reply=Verification,
            failures=(503,),
        ),
    )

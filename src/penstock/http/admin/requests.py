"""GET /admin/requests and /admin/requests/{id}: what is remembered of requests."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from penstock.domain.exchange import Whole
from penstock.domain.record import RequestRecord
from penstock.failures import InvalidRequest, NotFound
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming
from penstock.http.routes import Parameter, Route
from penstock.storage import records
from penstock.storage.database import Database

MOST: Final = 200
_SECONDS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,20}")
Flush = Callable[[], Awaitable[None]]
"""Waits until all records that are queued now can be read."""


class RequestPage(msgspec.Struct, kw_only=True):
    """Newest first."""

    data: list[RequestRecord]
    next: str | None
    """Cursor of the next page; None: this is the last one."""


class Requests:
    """Pages about records."""

    def __init__(self, database: Database, flush: Flush) -> None:
        self._database = database
        self._flush = flush

    async def show(self, incoming: Incoming) -> Whole:
        """GET /admin/requests/{id}."""
        request_id = incoming.parameters["id"]
        record = await self._get(request_id)
        if record is None:
            await self._flush()
            record = await self._get(request_id)
        if record is None:
            raise NotFound("There is no record of this request.", param="id")
        return guard.write(record)

    async def all(self, incoming: Incoming) -> Whole:
        """GET /admin/requests."""
        limit = guard.whole_number(incoming, "limit", 50, least=1, most=MOST)
        status = guard.whole_number(incoming, "status", 0, least=0, most=999)
        found = await asyncio.to_thread(
            self._database.read,
            records.page,
            limit=limit + 1,
            before=cursor(incoming.query.get("cursor")),
            key_id=incoming.query.get("key") or None,
            status=status or None,
        )
        page, more = found[:limit], len(found) > limit
        return guard.write(RequestPage(data=page, next=f"{page[-1].at!r}_{page[-1].id}" if more else None))

    async def _get(self, request_id: str) -> RequestRecord | None:
        return await asyncio.to_thread(self._database.read, records.get, request_id)


def cursor(text: str | None) -> records.Cursor | None:
    """Read a cursor that a page gave out. Raises InvalidRequest."""
    if not text:
        return None
    at, _, request_id = text.partition("_")
    if not _SECONDS.fullmatch(at):
        raise InvalidRequest("This cursor is none of ours.", param="cursor")
    return float(at), request_id


def routes(gate: AdminGate, requests: Requests) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/requests",
            handler=guard.Guarded(gate, requests.all),
            access="admin",
            summary="Records of requests, newest first.",
            reply=RequestPage,
            query=(
                Parameter(name="limit", description="Records on a page, 1 to 200.", type="integer"),
                Parameter(name="cursor", description="`next` of the page before."),
                Parameter(name="key", description="Only those of this key's public id."),
                Parameter(name="status", description="Only those with this status.", type="integer"),
            ),
            failures=(400, 503),
        ),
        Route(
            method="GET",
            path="/admin/requests/{id}",
            handler=guard.Guarded(gate, requests.show),
            access="admin",
            summary="The whole record of one request.",
            reply=RequestRecord,
            failures=(404, 503),
        ),
    )

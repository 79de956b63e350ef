"""Records of requests: stored as JSON, found by id, time, key, status or session."""

import msgspec
from sqlalchemy import Connection, delete, select, tuple_

from penstock.domain.record import RequestRecord
from penstock.storage.tables import requests

_encoder = msgspec.json.Encoder()
_record = msgspec.json.Decoder(RequestRecord)


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as a row of the table: `body` is all of it as JSON."""

    id: str
    at: float
    key_id: str
    status: int
    session: str | None
    body: str


def stored(record: RequestRecord) -> StoredRecord:
    """Make the row of a record. Raises ValueError, TypeError for what JSON cannot hold."""
    return StoredRecord(
        id=record.id,
        at=record.at,
        key_id=record.key_id,
        status=record.status,
        session=record.session,
        body=_encoder.encode(record).decode(),
    )


Cursor = tuple[float, str]
"""Time and id of the last record that was seen."""


def get(connection: Connection, request_id: str) -> RequestRecord | None:
    """Return one record."""
    body = connection.execute(select(requests.c.body).where(requests.c.id == request_id)).scalar()
    return None if body is None else _record.decode(body)


def page(
    connection: Connection,
    *,
    limit: int,
    before: Cursor | None = None,
    key_id: str | None = None,
    status: int | None = None,
) -> list[RequestRecord]:
    """Return the latest records, newest first, older than the cursor."""
    query = select(requests.c.body).order_by(requests.c.at.desc(), requests.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(requests.c.at, requests.c.id) < before)
    if key_id is not None:
        query = query.where(requests.c.key_id == key_id)
    if status is not None:
        query = query.where(requests.c.status == status)
    return [_record.decode(body) for body in connection.execute(query).scalars()]


def delete_before(connection: Connection, at: float, limit: int) -> int:
    """Delete at most `limit` of the records older than `at`; return how many. The ledger is kept."""
    old = select(requests.c.id).where(requests.c.at < at).order_by(requests.c.at).limit(limit)
    return connection.execute(delete(requests).where(requests.c.id.in_(old))).rowcount

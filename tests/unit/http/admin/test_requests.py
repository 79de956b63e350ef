"""Records of requests."""

import msgspec
import pytest

from penstock.domain.record import RequestRecord
from penstock.failures import InvalidRequest
from penstock.http.admin.requests import Requests, cursor, routes
from penstock.storage.tables import requests as table


def insert(connection, *records):
    for record in records:
        connection.execute(
            table.insert().values(
                id=record.id,
                at=record.at,
                key_id=record.key_id,
                status=record.status,
                session=record.session,
                body=msgspec.json.encode(record).decode(),
            )
        )


def record(n: int, **more) -> RequestRecord:
    return RequestRecord(id=f"r{n}", at=float(n), dialect="openai_chat", model_asked="m", **more)


@pytest.fixture
def flushed() -> list:
    return []


@pytest.fixture
def ask(database, gate, admin, flushed):
    database.write(insert, record(1, key_id="a"), record(2, status=500), record(3))

    async def flush():
        flushed.append(True)
        database.write(insert, record(4))

    return admin(routes(gate, Requests(database, flush)))


async def test_the_whole_record(ask, flushed):
    """One request with all that is known of it."""
    found = await ask("GET", "/admin/requests/r2")
    assert (found.json()["status"], flushed) == (500, [])


async def test_a_record_that_is_still_being_written(ask, flushed):
    """What is not there yet is waited for."""
    assert (await ask("GET", "/admin/requests/r4")).status == 200
    assert flushed == [True]


async def test_no_record(ask):
    """404."""
    assert (await ask("GET", "/admin/requests/r9")).status == 404


async def test_pages(ask):
    """Newest first, with a cursor to go on."""
    first = (await ask("GET", "/admin/requests", query="limit=2")).json()
    assert [found["id"] for found in first["data"]] == ["r3", "r2"]
    rest = (await ask("GET", "/admin/requests", query=f"limit=2&cursor={first['next']}")).json()
    assert ([found["id"] for found in rest["data"]], rest["next"]) == (["r1"], None)


@pytest.mark.parametrize(("query", "found"), [("key=a", "r1"), ("status=500", "r2")])
async def test_filters(ask, query, found):
    """By key and by status."""
    data = (await ask("GET", "/admin/requests", query=query)).json()["data"]
    assert [one["id"] for one in data] == [found]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "status=1000", "cursor=x", "cursor=nan_1"])
async def test_nonsense_is_a_400(ask, query):
    """Bad filters are the caller's mistake."""
    assert (await ask("GET", "/admin/requests", query=query)).status == 400


def test_cursor():
    """None of ours is refused."""
    assert cursor("1.5_a_b") == (1.5, "a_b")
    assert cursor(None) is None
    with pytest.raises(InvalidRequest):
        cursor("_a")

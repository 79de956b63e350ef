"""Stored responses are found at once, also while they are being written."""

import asyncio

import msgspec
import pytest

from penstock.domain.response import StoredResponse
from penstock.storage.response_store import ResponseStore
from penstock.storage.scribe import Scribe
from penstock.storage.sqlite_sink import SqliteSink
from penstock.storage.writer import Writer

FIRST = StoredResponse(id="a", owner="o", target="t", input="[]", body="{}", created=1.0)
SECOND = msgspec.structs.replace(FIRST, id="b", previous_id="a")
THIRD = msgspec.structs.replace(FIRST, id="c", previous_id="b")


@pytest.fixture
async def writer(database):
    started = Writer(Scribe(SqliteSink(database.file), 9), 9).start()
    yield started
    await started.close()


@pytest.fixture
def store(database, writer):
    return ResponseStore(database, writer)


async def test_what_was_just_put_is_found(store):
    """Before it is on disk, and by its owner only (G30)."""
    store.put(FIRST)
    assert store._writing
    assert await store.get("a", "o") == FIRST
    assert await store.get("a", "x") is None


async def test_what_is_on_disk_is_found(store, writer):
    """Nothing is kept in memory for longer than needed."""
    store.put(FIRST)
    await writer.flush()
    await asyncio.sleep(0)
    assert store._writing == {}
    assert await store.get("a", "o") == FIRST
    assert await store.get("a", "x") is None


async def test_a_chain_may_be_half_on_disk(store, writer):
    """Oldest first, wherever each link is."""
    store.put(FIRST)
    await writer.flush()
    store.put(SECOND)
    store.put(THIRD)
    assert await store.chain("c", "o") == [FIRST, SECOND, THIRD]
    assert await store.chain("c", "x") == []
    await writer.flush()
    assert await store.chain("c", "o") == [FIRST, SECOND, THIRD]


async def test_a_chain_may_be_all_in_memory(store):
    """The first link names no predecessor."""
    store.put(FIRST)
    store.put(SECOND)
    assert await store.chain("b", "o") == [FIRST, SECOND]


async def test_what_is_being_written_can_be_deleted(store, writer):
    """It is gone afterwards, and stays gone."""
    store.put(FIRST)
    assert await store.delete("a", "o")
    assert await store.get("a", "o") is None
    assert not await store.delete("a", "o")

"""Storage is opened and closed in the order that matters."""

import asyncio

import pytest

from penstock.failures import StorageUnavailable
from penstock.storage import ledger, opening, processes
from penstock.storage.migrate import MigrationFailed
from penstock.storage.opening import Storage


async def open_storage(data, process_id="p1"):
    return await Storage.open("sqlite", data, process_id=process_id, clock=lambda: 1000.0, records_queue=9)


async def test_a_first_start_makes_the_database(tmp_path):
    """Afterwards rows can be written, and closing leaves nothing open."""
    storage = await open_storage(tmp_path)
    assert [process.id for process in storage.database.read(processes.listed)] == ["p1"]
    await storage.close()
    assert not storage.writer._thread.is_alive()


async def test_a_start_recovers_what_died_before(tmp_path, make):
    """G23: what a process left open is settled before the next one answers."""
    first = await open_storage(tmp_path)
    await first.writer.append(make("r1", at=1000.0))
    await first.close()
    second = await open_storage(tmp_path, "p2")
    rows = second.database.read(ledger.of_request, "r1")
    await second.close()
    assert [row.reason for row in rows] == ["", "recovered"]


async def test_a_start_that_fails_closes_what_it_opened(tmp_path, monkeypatch):
    """The reason reaches whoever started it."""

    def fail(database):
        raise MigrationFailed("because")

    monkeypatch.setattr(opening, "migrate", fail)
    with pytest.raises(MigrationFailed, match="because"):
        await open_storage(tmp_path)


async def test_the_lease_is_renewed_and_others_recovered(tmp_path, monkeypatch):
    """A database that is away for a while ends nothing."""
    monkeypatch.setattr(opening, "BEAT_SECONDS", 0.001)
    monkeypatch.setattr(opening, "RECOVER_SECONDS", 0.002)
    storage = await open_storage(tmp_path)
    recovered = asyncio.Event()
    beats = []

    def beat(open_since):
        beats.append(open_since)
        if len(beats) == 1:
            raise StorageUnavailable("away")

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(storage.lease, "beat", beat)
    monkeypatch.setattr(storage.lease, "recover", lambda: loop.call_soon_threadsafe(recovered.set))
    living = loop.create_task(storage.live())
    await recovered.wait()
    living.cancel()
    await storage.close()
    assert len(beats) >= 2


async def test_a_database_that_is_away_at_the_end_is_left_to_the_next_start(tmp_path, monkeypatch):
    """Closing does not fail for it."""
    storage = await open_storage(tmp_path)

    def away():
        raise StorageUnavailable("away")

    monkeypatch.setattr(storage.lease, "release", away)
    await storage.close()

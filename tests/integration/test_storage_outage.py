"""PostgreSQL goes away under load: rows go to the spool, and are applied exactly once."""

import asyncio
import time

import msgspec
import pytest

from penstock.domain.identity import new_id
from penstock.domain.ledger import LedgerRow
from penstock.failures import StorageUnavailable
from penstock.storage import ledger, processes, spend
from penstock.storage.database import Database
from penstock.storage.lease import Lease
from penstock.storage.opening import Storage
from penstock.storage.processes import Process
from penstock.storage.verify import verify

CLIENTS = 16


async def open_storage(url, data):
    return await Storage.open(url, data, process_id=new_id(), clock=time.time, records_queue=100)


def hold_of(storage, request_id):
    return LedgerRow(
        request_id=request_id,
        attempt=1,
        kind="hold",
        at=time.time(),
        nanos=1000,
        process_id=storage.lease.process_id,
        key_id="k1",
        model_asked="gpt",
        estimated=True,
    )


async def client(storage, promised, slowest, until):
    """Hold, wait, settle, as fast as it goes; note what was promised."""
    loop = asyncio.get_running_loop()
    while loop.time() < until():
        request_id = new_id()
        began = loop.time()
        hold = hold_of(storage, request_id)
        await storage.writer.append(hold)
        slowest[0] = max(slowest[0], loop.time() - began)
        ending = storage.writer.append(
            msgspec.structs.replace(hold, kind="settle", nanos=10, estimated=False, reason="ok")
        )
        promised.append((request_id, ending))
        await asyncio.sleep(0.005)


async def outage(server, data, lasting):
    """Run clients over an outage and return what was promised, and the longest wait for a hold."""
    loop = asyncio.get_running_loop()
    storage = await open_storage(server.url, data)
    promised, slowest, end = [], [0.0], [float("inf")]
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(client(storage, promised, slowest, lambda: end[0]))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(lasting)
        await asyncio.to_thread(server.start)
        end[0] = loop.time() + 1.5
    await asyncio.gather(*(ending for _, ending in promised))
    while storage.writer._scribe.sink.spool.groups:
        await asyncio.sleep(0.05)
    await storage.close()
    return [request_id for request_id, _ in promised], slowest[0]


def check_books(url, data, promised):
    database = Database(url, data)
    report = database.read(verify, time.time())
    total = database.read(spend.total, 0.0, 1e12)
    database.close()
    assert report.violations == ()
    assert report.open == {}
    assert (report.recovered, total.attempts) == (0, len(promised))
    assert total.nanos == 10 * len(promised)


async def test_an_outage_loses_nothing_and_doubles_nothing(own_postgres, tmp_path):
    """Every row that was promised is in the ledger once, and nobody waits for the database."""
    promised, slowest = await outage(own_postgres, tmp_path, lasting=2.0)
    assert len(promised) > 500
    assert slowest < 3.0
    check_books(own_postgres.url, tmp_path, promised)


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_a_minute_without_the_database_loses_nothing(own_postgres, tmp_path):
    """The same for 60 seconds."""
    promised, slowest = await outage(own_postgres, tmp_path, lasting=60.0)
    assert slowest < 3.0
    check_books(own_postgres.url, tmp_path, promised)


async def test_a_spool_that_was_left_is_applied_at_the_next_start(own_postgres, tmp_path):
    """The process ended while the database was away; its successor brings the rows in."""
    first = await open_storage(own_postgres.url, tmp_path)
    await first.writer.append(hold_of(first, "r1"))
    await asyncio.to_thread(own_postgres.stop)
    spooled = hold_of(first, "r2")
    await first.writer.append(spooled)
    await first.writer.append(msgspec.structs.replace(spooled, kind="settle", nanos=7, estimated=False))
    await first.close()
    await asyncio.to_thread(own_postgres.start)
    second = await open_storage(own_postgres.url, tmp_path)
    rows = [
        (row.kind, row.nanos, row.reason)
        for name in ("r1", "r2")
        for row in second.database.read(ledger.of_request, name)
    ]
    await second.close()
    # r1 was open when its process ended; r2 was settled in the spool, and recovery left it alone.
    assert rows == [
        ("hold", 1000, ""),
        ("settle", 1000, "recovered"),
        ("hold", 1000, ""),
        ("settle", 7, ""),
    ]
    assert list((tmp_path / "spool").iterdir()) == []


async def test_a_server_that_hangs_holds_nobody_up(own_postgres, tmp_path):
    """Accepting and never answering is as good as away; what was in doubt is written once."""
    storage = await open_storage(own_postgres.url, tmp_path)
    await storage.writer.append(hold_of(storage, "r1"))
    own_postgres.freeze()
    began = time.monotonic()
    await storage.writer.append(hold_of(storage, "r2"))
    waited = time.monotonic() - began
    began = time.monotonic()
    await storage.writer.append(hold_of(storage, "r3"))
    assert waited < 6
    assert time.monotonic() - began < 1
    own_postgres.thaw()
    while storage.writer.trouble:
        await asyncio.sleep(0.05)
    assert storage.database.read(verify, time.time()).open == {storage.lease.process_id: 3}
    await storage.close()


async def test_two_that_recover_at_once_settle_once(database, tmp_path, make, write):
    """G23: whoever finds a process dead first settles its holds; the other finds nothing to do."""
    dead = Process(id="p1", host="h", pid=1, started_at=1.0, heartbeat=1.0, open_since=0.0)
    database.write(processes.register, dead)
    write(rows=[make(f"r{number}") for number in range(300)])
    leases = [Lease(database, f"p{number}", time.time) for number in (2, 3)]
    settled = await asyncio.gather(*(asyncio.to_thread(lease.recover) for lease in leases))
    assert sum(settled) == 300
    assert database.read(spend.total, 0.0, 1e12).attempts == 300


async def test_text_that_postgres_does_not_take_keeps_nobody_out(own_postgres, tmp_path):
    """A NUL character from a client's request is replaced; the rest of the group is written."""
    storage = await open_storage(own_postgres.url, tmp_path)
    bad = msgspec.structs.replace(hold_of(storage, "r1"), model_asked="a\0b")
    await asyncio.gather(storage.writer.append(bad), storage.writer.append(hold_of(storage, "r2")))
    (row,) = storage.database.read(ledger.of_request, "r1")
    assert row.model_asked == "a\ufffdb"
    assert len(storage.database.read(ledger.of_request, "r2")) == 1
    await storage.close()


async def test_an_unreachable_database_stops_the_start_with_a_reason(free_port, tmp_path):
    """StorageUnavailable, not a traceback of the driver."""
    url = f"postgresql://postgres@127.0.0.1:{free_port}/postgres"
    with pytest.raises(StorageUnavailable, match="not available"):
        await open_storage(url, tmp_path)

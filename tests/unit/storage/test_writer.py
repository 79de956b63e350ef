"""The journal never blocks, writes in groups, and keeps its promises."""

import asyncio
import threading

import pytest

from penstock.domain.record import RequestRecord
from penstock.domain.response import StoredResponse
from penstock.failures import StorageUnavailable
from penstock.storage.scribe import Scribe
from penstock.storage.writer import Writer

RECORD = RequestRecord(id="a", at=1.0, dialect="openai_chat", model_asked="gpt")
RESPONSE = StoredResponse(id="b", owner="o", target="t", input="", body="", created=1.0)


class Disk:
    """A sink in memory that notes each group; it can be held up, and be away."""

    trouble = "slow today"
    dropped = 0

    def __init__(self):
        self.groups = []
        self.free = threading.Event()
        self.free.set()
        self.away = False

    def write(self, group):
        self.free.wait(5)
        if self.away:
            raise StorageUnavailable("away")
        self.groups.append(group)

    def tidy(self):
        return None

    def close(self):
        pass

    @property
    def rows(self):
        return [(row.request_id, row.kind) for group in self.groups for row in group.rows]

    @property
    def records(self):
        return [record for group in self.groups for record in group.records]


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
async def writer(disk):
    started = Writer(Scribe(disk, 3, patience=0), 3).start()
    yield started
    disk.free.set()
    await started.close()


async def test_a_promise_is_kept_once_the_row_is_on_disk(writer, disk, make):
    """Not before, and without anybody's help."""
    disk.free.clear()
    promise = writer.append(make("r1"))
    await asyncio.sleep(0)
    assert not promise.done()
    assert writer.waiting >= 0
    disk.free.set()
    await promise
    assert disk.rows == [("r1", "hold")]


async def test_rows_are_written_in_order(writer, disk, make):
    """Hold before settlement, across groups."""
    for number in range(50):
        writer.append(make(f"r{number}"))
        await asyncio.sleep(0)
    writer.append(make("r0", "settle"))
    await writer.flush()
    assert disk.rows == [*((f"r{number}", "hold") for number in range(50)), ("r0", "settle")]


async def test_what_was_queued_meanwhile_shares_a_commit(writer, disk, make):
    """While one group is written the next one gathers."""
    disk.free.clear()
    first = writer.append(make("r0"))
    await asyncio.sleep(0.01)
    others = [writer.append(make(f"r{number}")) for number in range(1, 100)]
    disk.free.set()
    await asyncio.gather(first, *others)
    assert len(disk.groups) <= 3


async def test_a_settlement_is_written_without_company(writer, disk, make):
    """Nobody has to come by for it."""
    await writer.append(make("r1", "settle"))
    assert disk.rows == [("r1", "settle")]


async def test_records_that_find_no_place_are_dropped_and_counted(writer, disk):
    """A record never waits and never raises."""
    for _ in range(5):
        writer.record(RECORD)
    await writer.flush()
    assert (len(disk.records), writer.dropped) == (3, 2)


async def test_a_record_that_is_no_json_is_dropped_and_counted(writer, disk):
    """One odd record does not stop the others."""
    writer.record(RequestRecord(id="x", at=1.0, dialect="d", model_asked="m", content={"a": object()}))
    writer.record(RECORD)
    await writer.flush()
    assert ([record.id for record in disk.records], writer.dropped) == (["a"], 1)


async def test_a_response_is_kept(writer, disk):
    """It is written in the same groups."""
    await writer.keep(RESPONSE)
    assert [group.responses for group in disk.groups] == [[RESPONSE]]


async def test_a_promise_that_cannot_be_kept_fails(writer, disk, make):
    """The caller learns that nothing can take the row; the settlement is still not lost."""
    disk.away = True
    with pytest.raises(StorageUnavailable):
        await writer.append(make("r1", "settle"))
    assert writer.waiting == 1
    assert "1 ledger rows wait" in writer.trouble
    disk.away = False
    await writer.flush()
    assert writer.trouble == "slow today"
    assert disk.rows == [("r1", "settle")]


async def test_a_backlog_is_written_when_the_database_is_back(writer, disk, make, monkeypatch):
    """Nothing new has to come for it."""
    monkeypatch.setattr("penstock.storage.writer.BACKLOG_SECONDS", 0.01)
    disk.away = True
    with pytest.raises(StorageUnavailable):
        await writer.append(make("r1", "settle"))
    disk.away = False
    while not disk.rows:
        await asyncio.sleep(0.005)


async def test_a_waiter_that_was_cancelled_disturbs_nobody(writer, disk, make):
    """The row is written all the same."""
    disk.free.clear()
    promise = writer.append(make("r1"))
    promise.cancel()
    other = writer.append(make("r2"))
    disk.free.set()
    await other
    assert disk.rows == [("r1", "hold"), ("r2", "hold")]


async def test_closing_writes_what_is_queued(disk, make):
    """Nothing is left behind, not even what was put off."""
    writer = Writer(Scribe(disk, 3), 3).start()
    writer.append(make("r1"))
    writer.append(make("r1", "settle"))
    writer.record(RECORD)
    await writer.close()
    assert disk.rows == [("r1", "hold"), ("r1", "settle")]
    assert len(disk.records) == 1


async def test_the_oldest_open_hold_is_known(writer, make):
    """For the lease."""
    await writer.append(make("r1", at=5.0))
    await writer.flush()
    assert writer.open_since == 5.0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_writer_that_ended_by_mistake_refuses(disk, make):
    """Nobody waits for ever for a thread that is no more."""

    def stumble():
        raise RuntimeError

    disk.tidy = stumble
    writer = Writer(Scribe(disk, 3), 3).start()
    await writer.append(make("r1"))
    await asyncio.to_thread(writer._thread.join)
    for refused in (writer.append(make("r2")), writer.keep(RESPONSE), writer.flush()):
        with pytest.raises(StorageUnavailable, match="ended"):
            await refused
    assert "ended" in writer.trouble


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_those_who_wait_while_the_writer_ends_are_told(disk, make):
    """Also those whose group it was."""

    def stumble(_group):
        disk.free.wait(5)
        raise RuntimeError

    disk.write = stumble
    disk.free.clear()
    writer = Writer(Scribe(disk, 3), 3).start()
    first = writer.append(make("r1"))
    await asyncio.sleep(0.02)
    second = writer.append(make("r2"))
    disk.free.set()
    for refused in (first, second):
        with pytest.raises(StorageUnavailable, match="ended"):
            await refused

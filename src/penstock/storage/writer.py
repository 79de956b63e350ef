"""The journal: one thread per process writes everything that was queued in one commit.

A hold is waited for, so it is written at once; settlements and records ride along with the next hold,
or are written a few milliseconds later.
"""

import asyncio
import logging
import queue
import threading
from collections import deque
from contextlib import suppress
from typing import Final

from penstock.domain.ledger import LedgerRow
from penstock.domain.record import RequestRecord
from penstock.domain.response import StoredResponse
from penstock.failures import StorageUnavailable
from penstock.storage.group import Group
from penstock.storage.records import stored
from penstock.storage.scribe import Scribe

LINGER_SECONDS: Final = 0.005
"""How long what nobody waits for may wait for company."""
BACKLOG_SECONDS: Final = 0.25
"""Time between two attempts to write what could not be written."""

logger = logging.getLogger(__name__)
Promise = asyncio.Future[None]


class Writer:
    """Implements `protocols.Journal`. All methods are called on the event loop, and never block."""

    def __init__(self, scribe: Scribe, records_limit: int) -> None:
        """`records_limit` is the number of records that may wait; more are dropped and counted."""
        self._scribe = scribe
        self._records_limit = records_limit
        self._rows: deque[tuple[LedgerRow | None, Promise]] = deque()
        self._records: deque[RequestRecord] = deque()
        self._responses: deque[tuple[StoredResponse, Promise]] = deque()
        self._dropped = 0
        self._signal: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._soon = False
        self._later: asyncio.TimerHandle | None = None
        self._stopping = False
        self._dead = False
        self._in_hand: list[Promise] = []
        self._thread = threading.Thread(target=self._run, name="penstock-writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop

    def start(self) -> "Writer":
        """Start the thread; call it on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    @property
    def dropped(self) -> int:
        """Records that were dropped since the start."""
        return self._dropped + self._scribe.dropped + self._scribe.sink.dropped

    @property
    def waiting(self) -> int:
        """Ledger rows that are not on disk yet."""
        return len(self._rows) + len(self._scribe.backlog.rows)

    @property
    def trouble(self) -> str | None:
        """What an operator should know (G27); None: all is well."""
        if self._dead:
            return "the writer has ended; nothing can be written until a restart"
        if self._scribe.backlog:
            return f"the database cannot be written; {self.waiting} ledger rows wait in memory"
        return self._scribe.sink.trouble

    @property
    def open_since(self) -> float | None:
        """Unix time of the oldest open hold; None: there is none."""
        return self._scribe.open_since

    def append(self, row: LedgerRow) -> Promise:
        """Queue a ledger row; the future is done once it is on disk, or fails with StorageUnavailable."""
        promise = self._loop.create_future()
        if self._dead:
            return _refuse(promise)
        self._rows.append((row, promise))
        if row.kind == "hold":
            self._write_soon()
        else:
            self._write_later()
        return promise

    def record(self, record: RequestRecord) -> None:
        """Queue a record, or drop it if too many wait."""
        if len(self._records) >= self._records_limit:
            self._dropped += 1
            return
        self._records.append(record)
        self._write_later()

    def keep(self, response: StoredResponse) -> Promise:
        """Queue a response of the Responses dialect; the future is as that of `append`."""
        promise = self._loop.create_future()
        if self._dead:
            return _refuse(promise)
        self._responses.append((response, promise))
        self._write_soon()
        return promise

    async def flush(self) -> None:
        """Wait until all that was queued is on disk. Raises StorageUnavailable."""
        promise = self._loop.create_future()
        if self._dead:
            await _refuse(promise)
        self._rows.append((None, promise))
        self._write_soon()
        await promise

    async def close(self) -> None:
        """Write what is queued, then end the thread."""
        self._stopping = True
        self._signal.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._later is not None:
            self._later.cancel()

    def _write_soon(self) -> None:
        """Wake the thread once per turn of the loop, so that the turn's holds share a commit."""
        if not self._soon:
            self._soon = True
            self._loop.call_soon(self._wake)

    def _write_later(self) -> None:
        if self._later is None and not self._soon:
            self._later = self._loop.call_later(LINGER_SECONDS, self._wake)

    def _wake(self) -> None:
        self._soon = False
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._signal.put(None)

    def _refuse_all(self) -> None:
        queued = [promise for _, promise in (*self._rows, *self._responses)]
        _resolve(self._in_hand + queued, _ended())

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._dead = True  # by a mistake of ours, unless it was told to stop
            self._loop.call_soon_threadsafe(self._refuse_all)
            self._scribe.close()

    def _work(self) -> None:
        pause: float | None = None
        while True:
            with suppress(queue.Empty):
                self._signal.get(timeout=pause)
            last = self._stopping
            self._write_queued()
            pause = BACKLOG_SECONDS if self._scribe.backlog else self._scribe.sink.tidy()
            if last and not (self._rows or self._records or self._responses):
                return

    def _write_queued(self) -> None:
        group = Group(rows=[], records=[], responses=[])
        promises = self._in_hand = []
        while self._rows:
            row, promise = self._rows.popleft()
            promises.append(promise)
            if row is not None:
                group.rows.append(row)
        while self._responses:
            response, promise = self._responses.popleft()
            promises.append(promise)
            group.responses.append(response)
        self._take_records(group)
        failure = self._scribe.write(group)
        if promises:
            self._loop.call_soon_threadsafe(_resolve, promises, failure)

    def _take_records(self, group: Group) -> None:
        while self._records:
            try:
                group.records.append(stored(self._records.popleft()))
            except (ValueError, TypeError) as error:
                self._dropped += 1
                logger.warning("a record cannot be stored: %s", error)


def _resolve(promises: list[Promise], failure: StorageUnavailable | None) -> None:
    for promise in promises:
        if promise.done():  # whoever waited was cancelled
            continue
        if failure is None:
            promise.set_result(None)
        else:
            promise.set_exception(failure)
            promise.exception()  # not everybody waits; then it is not an error that nobody saw it


def _refuse(promise: Promise) -> Promise:
    _resolve([promise], _ended())
    return promise


def _ended() -> StorageUnavailable:
    return StorageUnavailable("the writer has ended")

"""The writer's thread side: tries, tries again, and keeps what could not be written yet."""

import logging
import time
from collections.abc import Callable

import msgspec

from penstock.domain.ledger import LedgerRow
from penstock.failures import StorageUnavailable
from penstock.storage.group import Group, Sink, write_or_clean

PATIENCE = 5.0
"""Seconds for which a write is tried again before those who wait are told."""
RETRY_SECONDS = 0.05

logger = logging.getLogger(__name__)
Place = tuple[str, int]
"""Request and attempt."""


class Scribe:
    """Writes groups in order. What fails for good is kept: no row that says what was spent is lost.

    A hold that could not be written is *refused*: its caller is told, and nothing was promised. If its
    attempt cost something all the same, the hold is written with the settlement; otherwise neither.
    """

    def __init__(
        self,
        sink: Sink,
        records_limit: int,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`records_limit` bounds the records that wait for a database that is away."""
        self.sink = sink
        self._records_limit = records_limit
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self.backlog = Group()
        """What waits for the database to come back."""
        self.dropped = 0
        """Records that were given up."""
        self.open_since: float | None = None
        """When the oldest hold that is open now was made, in Unix seconds; None: there is none."""
        self._open: dict[Place, float] = {}
        self._refused: dict[Place, LedgerRow] = {}
        self._failing = False

    def write(self, group: Group) -> StorageUnavailable | None:
        """Write a group and the backlog; return why not, if it could not be written."""
        if self._refused:
            group.rows = self._readmit(group.rows)
        self._note(group.rows)
        waiting = self.backlog + group if self.backlog else group
        if not waiting:
            return None
        failure = self._try(waiting)
        if failure is None:
            self.backlog = Group()
        else:
            self._give_up(waiting)
        self._failing = failure is not None
        self.open_since = next(iter(self._open.values()), None)
        return failure

    def _try(self, group: Group) -> StorageUnavailable | None:
        deadline = self._clock() + (0 if self._failing else self._patience)
        while True:
            try:
                write_or_clean(self.sink.write, group)
            except StorageUnavailable as error:
                if self._clock() >= deadline:
                    return error
                logger.warning("%s; trying again", error.message)
                self._sleep(RETRY_SECONDS)
            else:
                return None

    def _note(self, rows: list[LedgerRow]) -> None:
        for row in rows:
            if row.kind == "hold":
                self._open[row.request_id, row.attempt] = row.at
            else:
                self._open.pop((row.request_id, row.attempt), None)

    def _give_up(self, group: Group) -> None:
        """Keep what says that money was spent; refuse the rest."""
        ends = {(row.request_id, row.attempt): row.kind for row in group.rows if row.kind != "hold"}
        forgotten: set[Place] = set()
        kept: list[LedgerRow] = []
        for row in group.rows:
            place = (row.request_id, row.attempt)
            if row.kind == "hold" and ends.get(place) != "settle":
                forgotten.add(place)
                if place not in ends:
                    self._refused[place] = row
                    self._open.pop(place, None)
            elif place not in forgotten:
                kept.append(row)
        self.dropped += max(0, len(group.records) - self._records_limit)
        self.backlog = Group(
            rows=kept, records=group.records[: self._records_limit], responses=group.responses
        )

    def _readmit(self, rows: list[LedgerRow]) -> list[LedgerRow]:
        """Bring the hold of a settlement back; leave out a release whose hold was never written."""
        admitted: list[LedgerRow] = []
        for row in rows:
            hold = None if row.kind == "hold" else self._refused.pop((row.request_id, row.attempt), None)
            if hold is not None and row.kind == "settle":
                admitted += (hold, row)
            elif hold is None:
                admitted.append(row)
        return admitted

    def close(self) -> None:
        """Close the sink. What is still in the backlog goes to the log, row by row."""
        for row in self.backlog.rows:
            logger.critical("not stored at shutdown: %s", msgspec.json.encode(row).decode())
        self.sink.close()

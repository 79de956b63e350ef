"""What is done with a finished request's record: metrics, a log line, and the journal."""

import logging
from typing import Final

from penstock.domain.record import RequestRecord
from penstock.protocols import Journal
from penstock.telemetry.logs import Logs
from penstock.telemetry.meters import Meters

LOG: Final = logging.getLogger("penstock.telemetry")


class Recorder:
    """Never blocks and never raises: a request is not lost because its record is."""

    def __init__(self, meters: Meters, logs: Logs, journal: Journal) -> None:
        self._meters = meters
        self._steps = (
            ("metric", meters.finished),
            ("log_line", logs.request),
            ("record", journal.record),
        )

    def finish(self, record: RequestRecord) -> None:
        """Count, log and store one request; what fails is counted as dropped, the rest still happens."""
        for kind, step in self._steps:
            try:
                step(record)
            except Exception:
                self._meters.dropped(kind)
                LOG.exception("a %s of request %s was dropped", kind, record.id)

import io

from penstock.config.tree import Telemetry
from penstock.domain.record import RequestRecord
from penstock.telemetry.logs import Logs
from penstock.telemetry.meters import Meters
from penstock.telemetry.recorder import Recorder

RECORD = RequestRecord(id="0190", at=0, dialect="openai_chat", model_asked="m", target="p/m")


class Kept:
    """A journal in memory."""

    def __init__(self, *, broken: bool = False) -> None:
        self.records: list[RequestRecord] = []
        self.broken = broken

    def append(self, row: object) -> None:
        raise AssertionError("the recorder writes no ledger rows")

    def record(self, record: RequestRecord) -> None:
        if self.broken:
            raise RuntimeError("no disk")
        self.records.append(record)


def parts(journal: Kept) -> tuple[Meters, Logs, Recorder]:
    meters = Meters()
    logs = Logs(Telemetry(), io.StringIO(), lambda: meters.dropped("log_line"))
    return meters, logs, Recorder(meters, logs, journal)  # type: ignore[arg-type]


def test_a_record_is_counted_logged_and_stored() -> None:
    """Each of the three gets the record once."""
    journal = Kept()
    meters, logs, recorder = parts(journal)
    recorder.finish(RECORD)
    labels = {"dialect": "openai_chat", "model": "m", "status": "200", "code": "ok"}
    assert meters.registry.get_sample_value("penstock_requests_total", labels) == 1
    assert list(logs._queue) == [RECORD]
    assert journal.records == [RECORD]


def test_a_failing_part_neither_raises_nor_stops_the_others() -> None:
    """A journal that fails is counted; the request does not notice."""
    meters, logs, recorder = parts(Kept(broken=True))
    recorder.finish(RECORD)
    assert meters.registry.get_sample_value("penstock_telemetry_dropped_total", {"kind": "record"}) == 1
    assert RECORD in logs._queue

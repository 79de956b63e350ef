import asyncio
import threading
from pathlib import Path

import pytest

from penstock.telemetry import scrape
from penstock.telemetry.meters import Meters, Watched
from penstock.telemetry.scrape import Scrape


def counting(kind: str, times: int) -> Meters:
    meters = Meters()
    for _ in range(times):
        meters.dropped(kind)
    return meters


def test_one_process_renders_its_own() -> None:
    """The text form of Prometheus, without the times at which counters were made."""
    text = Scrape(counting("record", 2)).render().decode()
    assert 'penstock_telemetry_dropped_total{kind="record"} 2.0' in text
    assert "# TYPE penstock_telemetry_dropped_total counter" in text
    assert "_created" not in text


def test_workers_are_added_up(tmp_path: Path) -> None:
    """Whoever is asked adds the others' numbers to its own, live ones."""
    Scrape(counting("record", 5), tmp_path, "1").write()
    mine = counting("record", 1)
    second = Scrape(mine, tmp_path, "2")
    second.write()
    mine.dropped("record")
    mine.lag.observe(0.02)
    text = second.render().decode()
    assert 'penstock_telemetry_dropped_total{kind="record"} 7.0' in text
    assert "penstock_event_loop_lag_seconds_count 1.0" in text


def test_a_worker_that_ended_still_counts(tmp_path: Path) -> None:
    """Counters never go back while the server runs."""
    Scrape(counting("record", 5), tmp_path, "gone").write()
    assert b'{kind="record"} 5.0' in Scrape(Meters(), tmp_path, "2").render()


def test_an_earlier_server_does_not_count(tmp_path: Path) -> None:
    """What processes of another parent wrote is not read, and removed."""
    Scrape(counting("record", 5), tmp_path, "1").write()
    (left,) = tmp_path.iterdir()
    left = left.rename(tmp_path / "1-0-17.metrics")
    own = Scrape(Meters(), tmp_path, "2")
    assert b'{kind="record"}' not in own.render()
    own.write()
    assert not left.exists()


def test_states_are_not_added_up(tmp_path: Path) -> None:
    """Of a circuit the worst state among the workers is told."""
    for worker, state in (("1", 2.0), ("2", 1.0)):
        meters = Meters()
        meters.watch(Watched("penstock_circuit_state", "state", lambda state=state: [((), state)]))
        last = Scrape(meters, tmp_path, worker)
        last.write()
    assert b"penstock_circuit_state 2.0" in last.render()


def test_a_torn_file_is_passed_over(tmp_path: Path) -> None:
    """A file that cannot be read costs its numbers, not the page."""
    Scrape(Meters(), tmp_path, "1").write()
    (torn,) = tmp_path.iterdir()
    torn.write_bytes(b'[["penst')
    assert b"penstock_telemetry_dropped" in Scrape(Meters(), tmp_path, "2").render()


def test_a_folder_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    """Metrics go on without their file."""
    (tmp_path / "file").touch()
    meters = Meters()
    Scrape(meters, tmp_path / "file" / "folder", "1").write()
    assert meters.registry.get_sample_value("penstock_telemetry_dropped_total", {"kind": "metrics_file"}) == 1


def test_one_process_writes_nothing() -> None:
    """Without a folder there is nothing to share."""
    Scrape(Meters()).write()


class Seen(Scrape):
    """Says when it has written."""

    def __init__(self, meters: Meters, folder: Path) -> None:
        super().__init__(meters, folder, "1")
        self.twice = threading.Semaphore(0)

    def write(self) -> None:
        super().write()
        self.twice.release()


async def test_writing_goes_on_until_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's file is kept fresh, and fresh at the end."""
    monkeypatch.setattr(scrape, "EVERY", 0.001)
    meters = Meters()
    own = Seen(meters, tmp_path)
    writing = asyncio.create_task(own.keep_writing())
    for _ in range(2):
        assert await asyncio.to_thread(own.twice.acquire, timeout=10)
    meters.dropped("record")
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert b'{kind="record"} 1.0' in Scrape(Meters(), tmp_path, "2").render()


async def test_a_single_process_has_nothing_to_keep_writing() -> None:
    """The task ends by itself."""
    await Scrape(Meters()).keep_writing()

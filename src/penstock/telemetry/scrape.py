"""What `/metrics` answers: this process's metrics and, with several workers, those of all of them.

Each worker writes its numbers to a file of its own every other second; whoever is asked adds up its own,
live, and the others', as written. Files of workers that ended stay, so that counters never go back; those
of an earlier server, whose processes had another parent, are removed.
"""

import asyncio
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from penstock.telemetry.meters import Meters

EVERY: Final = 2.0
"""Seconds between two writes of a worker's file."""
GREATEST: Final = frozenset({"penstock_circuit_state"})
"""Gauges of which the workers' greatest is told; all others are added up."""
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Family(msgspec.Struct, frozen=True, array_like=True):
    """One metric with all its numbers, as it is written to a worker's file."""

    name: str
    text: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]


class Scrape:
    """Renders metrics. `folder` is shared by the workers of one server; None: there is one process."""

    def __init__(self, meters: Meters, folder: Path | None = None, worker: str = "") -> None:
        """`worker` tells this process's file from those of its siblings, with the process's id."""
        self._meters = meters
        self._folder = folder
        self._run = f"{os.getppid()}-"
        self._name = f"{self._run}{worker}-{os.getpid()}.metrics"
        self._writing = threading.Lock()

    def render(self) -> bytes:
        """Return the text for Prometheus. With several workers it reads files: call it in a thread."""
        sets = [_families(self._meters)]
        if self._folder is not None:
            others = set(self._folder.glob(f"{self._run}*.metrics")) - {self._file()}
            sets.extend(map(_read, sorted(others)))
        return generate_latest(_Sum(sets))

    def write(self) -> None:
        """Write this worker's numbers for the others, whole or not at all; a full disk is counted."""
        target = self._file()
        if target is None:
            return
        draft = target.with_suffix(".draft")
        try:
            with self._writing:
                target.parent.mkdir(parents=True, exist_ok=True)
                self._forget_earlier_servers(target.parent)
                draft.write_bytes(msgspec.json.encode(_families(self._meters)))
                draft.replace(target)
        except OSError:
            self._meters.dropped("metrics_file")

    async def keep_writing(self) -> None:
        """Write until cancelled, and once more then."""
        try:
            while self._folder is not None:
                await asyncio.to_thread(self.write)
                await asyncio.sleep(EVERY)
        finally:
            self.write()

    def _file(self) -> Path | None:
        return None if self._folder is None else self._folder / self._name

    def _forget_earlier_servers(self, folder: Path) -> None:
        for path in folder.glob("*.metrics"):
            if not path.name.startswith(self._run):
                path.unlink(missing_ok=True)


class _Sum(Collector):
    """The sum of several workers' families, as generate_latest takes it."""

    def __init__(self, sets: Sequence[Sequence[Family]]) -> None:
        self._sets = sets

    def collect(self) -> Iterable[Metric]:
        sums: dict[str, tuple[Family, dict[tuple[str, tuple[tuple[str, str], ...]], float]]] = {}
        for families in self._sets:
            for family in families:
                _, numbers = sums.setdefault(family.name, (family, {}))
                for name, labels, value in family.samples:
                    key = (name, tuple(labels.items()))
                    before = numbers.get(key, 0.0)
                    numbers[key] = max(before, value) if family.name in GREATEST else before + value
        for family, numbers in sums.values():
            metric = Metric(family.name, family.text, family.kind)
            for (name, pairs), value in numbers.items():
                metric.add_sample(name, dict(pairs), value)
            yield metric


def _families(meters: Meters) -> list[Family]:
    """Without the times at which counters were made, which nobody reads and nobody can add up."""
    return [
        Family(
            family.name,
            family.documentation,
            family.type,
            [
                (sample.name, sample.labels, sample.value)
                for sample in family.samples
                if not sample.name.endswith("_created")
            ],
        )
        for family in meters.registry.collect()
    ]


def _read(path: Path) -> list[Family]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Family])
    except (OSError, msgspec.DecodeError):
        return []

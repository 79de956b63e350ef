"""Cuts a connection whose server has gone silent in the middle of a statement.

The driver waits for ever for an answer; a server that hangs (a full disk, a stopped machine behind a
proxy) would hold up every request. Cut, the connection fails like any other that was lost.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LIMIT_SECONDS = 4.0


class Watchdog:
    """One thread that looks after one connection at a time."""

    def __init__(self, limit: float = LIMIT_SECONDS) -> None:
        """`limit` is the number of seconds that a statement may take."""
        self._limit = limit
        self._lock = threading.Lock()
        self._guarded: tuple[int, float] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="penstock-watchdog", daemon=True)
        self._thread.start()

    @contextmanager
    def over(self, handle: int) -> Iterator[None]:
        """Guard the socket with this file descriptor."""
        with self._lock:
            self._guarded = handle, time.monotonic() + self._limit
        try:
            yield
        finally:
            with self._lock:
                self._guarded = None

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._limit / 8):
            with self._lock:  # held until the cut is done: the descriptor cannot become another's
                if self._guarded is not None and time.monotonic() > self._guarded[1]:
                    _cut(self._guarded[0])
                    self._guarded = None


def _cut(handle: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(handle)) as twin:
        twin.shutdown(socket.SHUT_RDWR)

"""Circuits: a target that keeps failing is left alone for a while (G13).

One circuit stands for one (provider, key, model). Failures, stalls, truncations and slow calls
count; 429 is pacing and does not, 400, 401, 403, 404 and a client's cancel do not.
"""

from collections.abc import Callable
from typing import Literal

from penstock.config.tree import Circuit as Settings

State = Literal["closed", "open", "half_open"]
BUCKETS = 10


class Circuit:
    """Times are seconds on the clock that is handed in; `jitter` gives numbers in [0, 1)."""

    def __init__(self, settings: Settings, clock: Callable[[], float], jitter: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._width = settings.window / BUCKETS
        self._buckets: dict[int, list[int]] = {}
        self._consecutive = 0
        self._openings = 0
        self._open_until = 0.0
        self._is_open = False
        self._probes = 0
        self.forced: Literal["open", "closed"] | None = None
        """Set by hand by an administrator; None leaves the circuit to itself."""

    @property
    def state(self) -> State:
        if self.forced:
            return self.forced
        if not self._is_open:
            return "closed"
        return "open" if self._clock() < self._open_until else "half_open"

    @property
    def open_for(self) -> float:
        """Seconds until the next probe is let through; 0 when one would be now."""
        if self.forced == "open":
            return float("inf")
        return max(0.0, self._open_until - self._clock()) if self._is_open else 0.0

    def allows(self) -> bool:
        """Whether a call may go through now; does not take the probe's place."""
        state = self.state
        return state == "closed" or (state == "half_open" and self._probes < self._settings.probes)

    def enter(self) -> None:
        """A call begins; it ends with exactly one of succeeded, failed, abandoned."""
        if self._is_open:
            self._probes += 1

    def succeeded(self, seconds: float) -> None:
        """The call answered; `seconds` is the time to its first content."""
        slow = seconds >= self._settings.slow_call
        self._count(failed=False, slow=slow)
        self._consecutive = 0
        if self._is_open:
            self._close()
        elif slow:
            self._judge()

    def failed(self) -> None:
        self._count(failed=True, slow=False)
        self._consecutive += 1
        if self._is_open:
            self._open()
        else:
            self._judge()

    def abandoned(self) -> None:
        """The call says nothing about the target: the client left, or the request was at fault."""
        self._probes = max(0, self._probes - 1)

    def rates(self) -> tuple[int, int, int]:
        """Calls, failures and slow calls in the window."""
        oldest = int(self._clock() / self._width) - BUCKETS
        live = [counts for at, counts in self._buckets.items() if at > oldest]
        return sum(c[0] for c in live), sum(c[1] for c in live), sum(c[2] for c in live)

    def _count(self, *, failed: bool, slow: bool) -> None:
        now = int(self._clock() / self._width)
        counts = self._buckets.get(now)
        if counts is None:
            self._buckets = {at: old for at, old in self._buckets.items() if at > now - BUCKETS}
            counts = self._buckets[now] = [0, 0, 0]
        counts[0] += 1
        counts[1] += failed
        counts[2] += slow

    def _judge(self) -> None:
        calls, failures, slow = self.rates()
        settings = self._settings
        enough = calls >= settings.minimum_calls
        if (
            self._consecutive >= settings.consecutive
            or (enough and failures >= settings.failure_rate * calls)
            or (enough and slow >= settings.slow_rate * calls)
        ):
            self._open()

    def _open(self) -> None:
        settings = self._settings
        length = min(settings.open_for * 2**self._openings, settings.open_at_most)
        self._open_until = self._clock() + length * (0.9 + 0.1 * self._jitter())
        self._openings += 1
        self._is_open = True
        self._probes = 0

    def _close(self) -> None:
        self._is_open = False
        self._openings = 0
        self._probes = 0
        self._buckets = {}

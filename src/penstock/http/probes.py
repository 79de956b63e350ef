"""Real small prompts that show whether a target answers (G27): seldom, and never dear."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from penstock.protocols import Spawn

EVERY_SECONDS: Final = 30.0
DAY_SECONDS: Final = 86_400.0
DAILY_CAP_NANOS: Final = 50_000_000
"""0.05 USD a day for all targets together."""
UNKNOWN_NANOS: Final = 100_000
"""What a probe without a known price counts as."""
WAIT_SECONDS: Final = 0.8
"""So long an answer waits for the probes that it started; orchestrators give up after a second."""


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """How one probe ended."""

    problem: str | None = None
    """The failure's code; None: it answered."""
    cost_nanos: int | None = 0


Probe = Callable[[str], Awaitable[Probed]]
"""Sends a small prompt to a target (provider/model); takes what it costs through the gate; never raises."""
LastSuccess = Callable[[str], float | None]
"""When a target last answered anybody, on the loop's clock."""


class Policy:
    """Decides when a probe is due. Times are seconds on the loop's clock."""

    def __init__(self, every: float = EVERY_SECONDS, cap_nanos: int = DAILY_CAP_NANOS) -> None:
        self._every = every
        self._cap = cap_nanos
        self._ran: dict[str, float] = {}
        self._day = float("-inf")
        self._spent = 0

    def due(self, target: str, now: float, last_success: float | None) -> bool:
        """Whether to probe now: not where traffic just succeeded, not too often, not beyond the cap."""
        if now - self._day >= DAY_SECONDS:
            self._day, self._spent = now, 0
        latest = max(self._ran.get(target, float("-inf")), last_success or float("-inf"))
        return now - latest >= self._every and self._spent < self._cap

    def start(self, target: str, now: float) -> None:
        """A probe begins."""
        self._ran[target] = now

    def pay(self, cost_nanos: int | None) -> None:
        """A probe ended and cost this; None: nobody knows."""
        self._spent += UNKNOWN_NANOS if cost_nanos is None else cost_nanos


class Prober:
    """Runs the probes that are due, and remembers how the last one of each target ended."""

    def __init__(
        self,
        targets: Callable[[], Iterable[str]],
        probe: Probe,
        last_success: LastSuccess,
        *,
        spawn: Spawn,
        policy: Policy | None = None,
    ) -> None:
        self._targets = targets
        self._probe = probe
        self._last_success = last_success
        self._spawn = spawn
        self._policy = policy or Policy()
        self._ended: dict[str, Probed] = {}
        self._failed_at: dict[str, float] = {}

    async def problems(self, now: float) -> dict[str, str]:
        """Start what is due, wait a moment, and return the targets that did not answer with the reason."""
        targets = tuple(self._targets())
        started = [
            self._spawn(self._run(target, now))
            for target in targets
            if self._policy.due(target, now, self._last_success(target))
        ]
        if started:
            await asyncio.wait(started, timeout=WAIT_SECONDS)
        return {target: problem for target in targets if (problem := self._problem(target))}

    def _problem(self, target: str) -> str | None:
        ended = self._ended.get(target)
        if ended is None or ended.problem is None:
            return None
        answered = self._last_success(target)
        return None if answered is not None and answered > self._failed_at[target] else ended.problem

    async def _run(self, target: str, now: float) -> None:
        self._policy.start(target, now)
        ended = await self._probe(target)
        self._policy.pay(ended.cost_nanos)
        self._ended[target] = ended
        self._failed_at[target] = asyncio.get_running_loop().time()

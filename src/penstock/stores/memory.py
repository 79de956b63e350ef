"""Counters of one process: plain numbers. Every step runs on the event loop, uninterrupted.

A sliding window is cut into slices; a slice counts until all of it is out of the window. So the window is
never shorter than asked for, and longer by less than one slice (0.4 %).
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from penstock.domain.counting import NEVER, SOON, Balance, Claim, Hold, Standing
from penstock.protocols import Spawn

SLICES: Final = 240
SWEEP_AT_LEAST: Final = 1000
"""Counters from which on unused ones are looked for."""


class _Window:
    """Requests or tokens of the last so many seconds."""

    __slots__ = ("first", "idle_after", "seconds", "slices", "total", "width")
    is_held = False

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.width = seconds / SLICES
        self.slices: dict[int, int] = {}
        """Slice's number -> amount, oldest first."""
        self.first = 0
        """Number of the oldest slice, or of one before it."""
        self.total = 0
        self.idle_after = 0.0

    @property
    def used(self) -> int:
        return self.total

    def wait(self, now: float, claim: Claim, amount: int) -> float:
        """Return the seconds until the amount fits."""
        if now / self.width - SLICES >= self.first + 1:
            self._roll(now)
        over = self.total + amount - claim.limit
        if over <= 0:
            return 0.0
        return NEVER if amount > claim.limit else self._free_in(now, over)

    def add(self, now: float, amount: int) -> int:
        number = int(now / self.width)
        slices = self.slices
        if number in slices:
            slices[number] += amount
        else:
            if not slices:
                self.first = number
            slices[number] = amount
        self.total += amount
        self.idle_after = now + self.seconds + self.width
        return self.total

    def settle(self, now: float, at: float, held: int, truth: int) -> None:
        """Correct what was added `at`; of what is out of the window, only more counts, as of now."""
        if truth == held:
            return
        self._roll(now)
        number = int(at / self.width)
        if number in self.slices:
            self.slices[number] += truth - held
            self.total += truth - held
        elif truth > held:
            self.add(now, truth - held)

    def _roll(self, now: float) -> None:
        """Forget what is out of the window."""
        slices = self.slices
        kept = int(now / self.width) - SLICES
        for number in list(slices):
            if number >= kept:
                self.first = number
                return
            self.total -= slices.pop(number)
        self.first = kept

    def _free_in(self, now: float, over: int) -> float:
        last = self.first
        for number, amount in self.slices.items():
            over -= amount
            last = number
            if over <= 0:
                break
        return max(0.001, (last + 1 + SLICES) * self.width - now)


class _Slots:
    """What is under way at once."""

    __slots__ = ("used",)
    idle_after = 0.0

    @property
    def is_held(self) -> bool:
        return self.used > 0

    def __init__(self) -> None:
        self.used = 0

    def wait(self, _now: float, claim: Claim, amount: int) -> float:
        if self.used + amount <= claim.limit:
            return 0.0
        return SOON if amount <= claim.limit else NEVER

    def add(self, _now: float, amount: int) -> int:
        self.used += amount
        return self.used

    def settle(self, _now: float, _at: float, held: int, _truth: int) -> None:
        self.used -= held


class _Money:
    """Nano-dollars of one period."""

    __slots__ = ("granted", "held", "idle_after", "seconds", "spent")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.spent = 0
        self.held = 0
        self.granted = 0
        self.idle_after = 0.0

    @property
    def used(self) -> int:
        return self.spent + self.held

    @property
    def is_held(self) -> bool:
        return self.held > 0

    def wait(self, _now: float, claim: Claim, amount: int) -> float:
        room = claim.limit + self.granted - self.spent - amount
        if room >= self.held:
            return 0.0
        return SOON if room >= 0 else NEVER

    def add(self, now: float, amount: int) -> int:
        self.held += amount
        self.idle_after = now + self.seconds
        return self.spent + self.held

    def settle(self, _now: float, _at: float, held: int, truth: int) -> None:
        self.held -= held
        self.spent += truth


_Counter = _Window | _Slots | _Money


class Memory:
    """A CounterStore without a network: `hold` never waits, so it is one step."""

    problem: str | None = None
    replicas = 1

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds and never goes back."""
        self._clock = clock
        self._counters: dict[str, _Counter] = {}
        self._open: set[str] = set()
        self._sweep_at = SWEEP_AT_LEAST

    async def start(self, restore: Callable[[], Awaitable[None]]) -> None:
        await restore()

    async def hold(
        self, hold_id: str, claims: Sequence[Claim], amounts: Sequence[int], booked: int = 0
    ) -> Standing:
        now = self._clock()
        known = self._counters
        counters = [known.get(claim.key) or self._make(claim) for claim in claims]
        asked = zip(counters, claims, amounts, strict=True)
        waits = tuple([counter.wait(now, claim, amount) for counter, claim, amount in asked])
        if any(waits) and any(wait and claim.enforce for wait, claim in zip(waits, claims, strict=True)):
            return Standing(hold=None, used=tuple([counter.used for counter in counters]), waits=waits)
        used = tuple([counter.add(now, amount) for counter, amount in zip(counters, amounts, strict=True)])
        self._open.add(hold_id)
        hold = Hold(id=hold_id, owner="", at=now, claims=tuple(claims), amounts=tuple(amounts), booked=booked)
        if len(known) > self._sweep_at:
            self._sweep(now)
        return Standing(hold=hold, used=used, waits=waits)

    def settle(self, hold: Hold, tokens: int, nanos: int) -> None:
        if hold.id not in self._open:
            return
        self._open.remove(hold.id)
        now = self._clock()
        truths = {"tokens": tokens, "nanos": nanos, "slots": 0}
        for claim, held in zip(hold.claims, hold.amounts, strict=True):
            if claim.unit != "requests":
                counter = self._counters.get(claim.key) or self._make(claim)
                counter.settle(now, hold.at, held, truths[claim.unit])

    async def grant(self, key: str, nanos: int, window: float) -> None:
        self._money(key, window).granted = nanos

    async def restore(self, spent: Mapping[str, int], window: float) -> None:
        for key, nanos in spent.items():
            money = self._money(key, window)
            money.spent = max(money.spent, nanos)

    async def balances(self, keys: Sequence[str]) -> Sequence[Balance]:
        found = [self._counters.get(key) for key in keys]
        return [
            Balance(spent=each.spent, held=each.held, granted=each.granted)
            if isinstance(each, _Money)
            else Balance()
            for each in found
        ]

    async def aclose(self) -> None:
        """There is nothing to close."""

    def _make(self, claim: Claim) -> _Counter:
        counter: _Counter
        if claim.unit == "slots":
            counter = _Slots()
        elif claim.unit == "nanos":
            counter = _Money(claim.window)
        else:
            counter = _Window(claim.window)
        self._counters[claim.key] = counter
        return counter

    def _money(self, key: str, seconds: float) -> _Money:
        money = self._counters.get(key)
        if not isinstance(money, _Money):
            money = self._counters[key] = _Money(seconds)
        money.idle_after = self._clock() + seconds
        return money

    def _sweep(self, now: float) -> None:
        """Forget counters that nobody uses: names come from clients, and may be without end."""
        kept = {key: each for key, each in self._counters.items() if each.idle_after > now or each.is_held}
        self._counters = kept
        self._sweep_at = max(SWEEP_AT_LEAST, 2 * len(kept))


def open(_url: str, _spawn: Spawn) -> Memory:  # noqa: A001 - the plug-ins' verb
    """Make counters that live as long as this process."""
    return Memory()

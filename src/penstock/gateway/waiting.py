"""Lines before counters that are full: one for each, and in each all users take turns."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from penstock import failures
from penstock.domain.counting import Hold, Standing
from penstock.protocols import Spawn

POLL_SECONDS: Final = 0.1
"""Others may give something back that this process does not hear of."""

LONGEST_NAP: Final = 1.0
"""Seconds: a limit may be raised meanwhile."""

Attempt = Callable[[], Awaitable[tuple[Standing, str | None, float]]]
"""Asks again: how the counters stand, at which of them to wait on (None: not any more), and for how long."""


class Waiter:
    """One request in a line. `done` gets the last Standing, or what asking raised."""

    __slots__ = ("attempt", "done", "note", "user")

    def __init__(self, user: str, attempt: Attempt, note: object = None) -> None:
        """`note` is for whoever lists the waiting."""
        self.user = user
        self.attempt = attempt
        self.note = note
        self.done: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()

    @property
    def found(self) -> Standing | None:
        """What was found for it, also if it did not wait for it to the end."""
        return self.done.result() if self.done.done() and not self.done.cancelled() else None


class _Line:
    """Users in turn, and each one's requests in order."""

    def __init__(self) -> None:
        self.users: deque[str] = deque()
        self.waiting: dict[str, deque[Waiter]] = {}
        self.stirred = asyncio.Event()

    def join(self, waiter: Waiter) -> int:
        """Return the position: 1 is next."""
        own = self.waiting.get(waiter.user)
        if own is None:
            own = self.waiting[waiter.user] = deque()
            self.users.append(waiter.user)
        rounds = len(own) + 1
        own.append(waiter)
        ahead = sum(min(len(each), rounds) for user, each in self.waiting.items() if user != waiter.user)
        return rounds + ahead

    def leave(self, waiter: Waiter) -> None:
        own = self.waiting.get(waiter.user)
        if own is None or waiter not in own:
            return
        own.remove(waiter)
        if not own:
            del self.waiting[waiter.user]
            self.users.remove(waiter.user)

    def next_turn(self) -> None:
        self.users.rotate(-1)

    @property
    def first(self) -> Waiter | None:
        return self.waiting[self.users[0]][0] if self.users else None


class Lines:
    """All lines of a process, by the counter's key."""

    def __init__(self, spawn: Spawn, release: Callable[[Hold], None]) -> None:
        """`release` gives back what was held for a request that has left."""
        self._spawn = spawn
        self._release = release
        self._lines: dict[str, _Line] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __bool__(self) -> bool:
        return bool(self._lines)

    def waiters(self) -> list[tuple[str, Waiter]]:
        """All that wait, with the key of their line."""
        return [
            (key, waiter)
            for key, line in self._lines.items()
            for own in line.waiting.values()
            for waiter in own
        ]

    def join(self, key: str, waiter: Waiter) -> int:
        """Stand in line; return the position. Wait for `waiter.done`, and `leave` in any case."""
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
            self._spawn(self._serve(key, line))
        return line.join(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Stand in no line any more; safe for one who does not."""
        for line in self._lines.values():
            line.leave(waiter)
        self.stir()

    def stir(self) -> None:
        """Something was given back: those who are first ask again at once."""
        for line in self._lines.values():
            line.stirred.set()

    async def _serve(self, key: str, line: _Line) -> None:
        """Let the first of a line ask, again and again, until nobody waits."""
        while (waiter := line.first) is not None:
            line.stirred.clear()
            if not await self._let(waiter, key, line):
                continue
            line.leave(waiter)
        del self._lines[key]

    async def _let(self, waiter: Waiter, key: str, line: _Line) -> bool:
        """Let one ask; whether it is through with this line. Sleeps while there is no room."""
        try:
            standing, where, wait = await waiter.attempt()
        except failures.Failure as failure:
            if not waiter.done.done():
                waiter.done.set_exception(failure)
            return True
        if where is None or waiter.done.done():
            line.next_turn()
            self._give(waiter, standing)
            return True
        if where != key:
            line.leave(waiter)
            self.join(where, waiter)
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS if wait < 0 else min(wait, LONGEST_NAP)):
                await line.stirred.wait()
        return False

    def _give(self, waiter: Waiter, standing: Standing) -> None:
        """Hand over what was found; what was held for one who has left meanwhile goes back."""
        if not waiter.done.done():
            waiter.done.set_result(standing)
        elif standing.hold is not None:
            self._release(standing.hold)

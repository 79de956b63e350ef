"""One case while it is played: asks, looks, and says what it saw."""

import asyncio

import msgspec

from penstock.config.tree import Timeouts
from penstock.drill.client import Client, Seen
from penstock.drill.setting import Case
from penstock.drill.upstream import Scene
from penstock.stage.play import TOKENS

TEXT = "".join(TOKENS)


class Wrong(Exception):
    """Something that must happen did not."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Under which conditions a case is played."""

    timeouts: Timeouts
    """As the gateway has them, already scaled."""
    has_fallback: bool
    scale: float
    noise: float
    """Seconds by which a busy machine may be late."""


class Playing:
    """Hands a check all that it needs; every `expect` that fails ends the case."""

    def __init__(self, case: Case, client: Client, scene: Scene, terms: Terms) -> None:
        self.case = case
        self.client = client
        self.scene = scene
        self.terms = terms
        self.seen: list[Seen] = []

    async def ask(self) -> Seen:
        """One request, as the case wants it."""
        case = self.case
        patience = self.terms.timeouts.total + 30 + self.terms.noise
        seen = await self.client.ask(
            case.dialect, case.name, stream=case.stream, recovery=case.recovery, patience=patience
        )
        self.seen.append(seen)
        return seen

    async def answer(self) -> Seen:
        """One request that has to be answered in full; without a fallback, an honest error will do."""
        seen = await self.ask()
        if self.terms.has_fallback:
            self.complete(seen)
        else:
            self.expect(seen.answered or seen.failed_cleanly, "neither an answer nor a clear error")
        return seen

    def complete(self, seen: Seen) -> None:
        self.expect(seen.broken is None, f"the connection broke: {seen.broken}")
        self.expect(seen.error is None, f"an error reached the client: {seen.error}")
        self.expect(seen.status == 200, f"status {seen.status}")
        self.expect(seen.ended, "no proper end")
        self.expect(same_words(seen.text), f"not the whole answer but {len(seen.text.split())} words of it")

    def broken_off(self, seen: Seen) -> None:
        """What must be seen of a stream that died: a part, an error event, never a clean end (G3)."""
        self.expect(seen.broken is None, f"the connection broke: {seen.broken}")
        self.expect(not seen.ended, "a clean end on a part of the answer")
        self.expect(seen.error is not None, "no error event")
        self.expect(TEXT.startswith(seen.text), "words that were never said")

    @property
    def primary(self) -> int:
        """Attempts that reached the first target."""
        return len(self.scene.at(0))

    @property
    def fallback(self) -> int:
        return len(self.scene.at(1))

    def attempts_within(self, seconds: float) -> int:
        """Attempts on the first target in the first so many seconds, which are scaled."""
        arrivals = self.scene.at(0)
        until = arrivals[0].at + seconds * self.terms.scale if arrivals else 0.0
        return sum(arrival.at <= until for arrival in arrivals)

    async def record(self, seen: Seen) -> dict[str, object]:
        """The gateway's own record of a request."""
        found = await self.client.record(seen.request_id)
        if found is None:
            raise Wrong("the request has no record")
        return found

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.terms.scale)

    @staticmethod
    def expect(holds: object, otherwise: str) -> None:
        if not holds:
            raise Wrong(otherwise)

    def __str__(self) -> str:
        last = str(self.seen[-1]) if self.seen else "-"
        return f"{last}; {self.primary} + {self.fallback} attempts"


def same_words(text: str) -> bool:
    """Translation may trim the answer's last blank, nothing else."""
    return text.rstrip() == TEXT.rstrip()

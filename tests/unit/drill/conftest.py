"""A client that saw what a test wants it to have seen, and cases to go with it."""

import asyncio

import pytest

from penstock.config.tree import Timeouts
from penstock.domain.chat import Dialect
from penstock.drill.client import Seen
from penstock.drill.playing import Playing, Terms
from penstock.drill.setting import Case
from penstock.drill.upstream import Scene
from penstock.stage.faults import BY_ID
from penstock.stage.play import Turn, say


class FakeClient:
    """Gives the next of `seen` and `records`; the last one stays."""

    def __init__(self, scene: Scene, seen: list[Seen], records: list[dict]) -> None:
        self.scene = scene
        self.seen = seen
        self.records = records
        self.attempts: list[tuple[int, float]] = [(0, 0.0)]
        """Place and time after the first of each attempt that a request makes."""

    async def ask(self, _dialect, model, **_):
        now = asyncio.get_running_loop().time()
        for place, after in self.attempts:
            self.scene.enter(place, Turn(dialect=Dialect.OPENAI_CHAT, model=model), "key", now + after)
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]

    async def record(self, _request_id):
        return self.records.pop(0) if len(self.records) > 1 else (self.records or [None])[0]

    async def alive(self):
        return 0.001


@pytest.fixture
def playing():
    def make(
        row, seen, *records, attempts=((0, 0.0),), stream=True, recovery="off", fallback=True
    ) -> Playing:
        case = Case(BY_ID[row], Dialect.OPENAI_CHAT, stream, recovery)
        scene = Scene([say, say], 0.01)
        client = FakeClient(scene, seen if isinstance(seen, list) else [seen], list(records))
        client.attempts = list(attempts)
        timeouts = Timeouts(first_token=0.1, idle=0.1, total=1.0)
        terms = Terms(timeouts=timeouts, has_fallback=fallback, scale=0.01, noise=0.05)
        return Playing(case, client, scene, terms)

    return make

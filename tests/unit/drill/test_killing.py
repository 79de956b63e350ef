"""P16, with gateways that only say what they are told to."""

import contextlib

import pytest

from penstock.domain.chat import Dialect
from penstock.drill import killing
from penstock.drill.client import Seen
from penstock.drill.setting import Case
from penstock.drill.upstream import Upstream
from penstock.stage.faults import BY_ID


class Killed:
    """A gateway that answers a few times and is then gone."""

    address = "http://gateway.test"
    admin_key = "a"

    async def kill(self):
        """Nothing is running."""


@pytest.fixture
def played(monkeypatch, tmp_path):
    """Play P16 with so many attempts in the books, of eight answers."""

    async def play(booked: int, *, holds: bool = True):
        class Client:
            def __init__(self, *_):
                self.asked = {}

            async def ask(self, *_, stream, **__):
                self.asked[stream] = self.asked.get(stream, 0) + 1
                # Eight clients: the first request of each is answered.
                return Seen(status=200, ended=True) if self.asked[stream] <= 4 else Seen(broken="gone")

            async def attempts_booked(self):
                return booked

        @contextlib.asynccontextmanager
        async def running(*_):
            yield Killed()

        async def start(*_):
            return Killed()

        async def ledger_holds(_folder):
            return holds, "the sums differ"

        monkeypatch.setattr(killing, "Client", Client)
        monkeypatch.setattr(killing, "KILLED_AFTER", (0.0, 0.01))
        for name, stub in (("running", running), ("start", start), ("ledger_holds", ledger_holds)):
            monkeypatch.setattr(killing.process, name, stub)
        case = Case(BY_ID["P16"], Dialect.OPENAI_CHAT, stream=True)
        return await killing.kill_and_verify(case, {}, tmp_path, Upstream(), "key", 1)

    return play


async def test_p16_books_that_have_every_answer_pass(played):
    """P16: as many attempts as answers."""
    outcome = await played(8)
    assert (outcome.passed, outcome.seen) == (True, "1 kills, 8 answers before them")


@pytest.mark.parametrize(("booked", "words"), [(7, "1 of 8 answers are not"), (17, "17 attempts are in")])
async def test_p16_books_that_differ_fail(played, booked, words):
    """P16: an answer that is missing, and attempts that nobody made."""
    outcome = await played(booked)
    assert not outcome.passed
    assert words in outcome.seen


async def test_p16_books_that_do_not_hold_fail(played):
    """P16: `ledger verify` has the last word."""
    outcome = await played(8, holds=False)
    assert "the sums differ" in outcome.seen

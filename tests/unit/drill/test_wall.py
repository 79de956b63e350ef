"""The wall."""

import pytest

from penstock.domain.chat import Dialect
from penstock.drill import wall
from penstock.drill.client import Seen
from penstock.drill.setting import Case, plain
from penstock.drill.upstream import Upstream
from penstock.drill.wall import Stage, name_of, play_all
from penstock.stage.faults import BY_ID
from penstock.stage.play import TOKENS


class Answers:
    """A client that always sees the same."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    async def ask(self, *_, **__):
        if self.seen.broken == "raise":
            raise ConnectionRefusedError
        return self.seen


def staged(seen: Seen) -> Stage:
    chat = Dialect.OPENAI_CHAT
    return Stage(
        upstream=Upstream(), client=Answers(seen), templates={chat: plain(chat)}, scale=0.1, noise=0.1
    )


CASES = [Case(BY_ID[row], Dialect.OPENAI_CHAT, stream=True) for row in ("P02", "P01")]


@pytest.mark.parametrize(
    ("seen", "passed", "words"),
    [
        (Seen(status=200, text="".join(TOKENS), ended=True), True, "60 words"),
        (Seen(status=200, text="x", ended=True), False, "not the whole answer"),
        (Seen(broken="raise"), False, "does not answer"),
    ],
)
async def test_outcomes_say_what_was_seen(seen, passed, words):
    """In the order of the cases, each told as it ends."""
    told = []
    outcomes = await play_all(staged(seen), CASES, 4, told.append)
    assert [outcome.id for outcome in outcomes] == ["P02", "P01"]
    assert len(told) == 2
    assert all(outcome.passed is passed and words in outcome.seen for outcome in outcomes)


async def test_an_outcome_names_its_case():
    """So that a table can be sorted."""
    (outcome,) = await play_all(staged(Seen()), CASES[:1], 1, lambda _: None)
    assert name_of(outcome) == CASES[0].name


def test_rows_that_measure_time_are_played_alone():
    """P14, P15: nothing else may be late because of them, or they because of it."""
    assert {"P14", "P15"} == wall.ALONE

"""One case while it is played."""

import pytest

from penstock.drill.client import Seen
from penstock.drill.playing import TEXT, Wrong, same_words


async def test_a_part_is_not_the_answer(playing):
    """Fewer words than were said are told."""
    with pytest.raises(Wrong, match="2 words"):
        playing("S04", Seen()).complete(Seen(status=200, text="word1 word2", ended=True))


async def test_without_a_fallback_a_clear_error_will_do(playing):
    """There is nowhere to go."""
    seen = Seen(status=503, error={"error": {}})
    assert await playing("S04", seen, fallback=False).answer() is seen


async def test_attempts_are_counted_by_scaled_time(playing):
    """Two seconds of the catalogue are 20 ms at a hundredth."""
    play = playing("S02", Seen(), attempts=[(0, 0.0), (0, 0.015), (0, 0.5), (1, 0.6)])
    await play.ask()
    assert (play.attempts_within(2), play.primary, play.fallback) == (2, 3, 1)


async def test_what_was_seen_fits_in_a_line(playing):
    """For the table."""
    play = playing("S02", Seen(status=200, text="a b", ended=True))
    await play.ask()
    assert str(play) == "200, 2 words, ended, 0.00 s, -; 1 + 0 attempts"


def test_only_the_last_blank_may_be_lost():
    """Translation trims it."""
    assert same_words(TEXT)
    assert same_words(TEXT.rstrip())
    assert not same_words(TEXT[:-3])

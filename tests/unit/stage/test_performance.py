"""Plays in process, under the limits of a call, on a clock that only waits move."""

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Call
from penstock.stage.performance import perform
from penstock.stage.play import EVENTS, Piece, Play


class Time:
    """A clock and the sleep that moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time():
    return Time()


def call(**fields) -> Call:
    known = {"dialect": Dialect.OPENAI_CHAT, "model": "m", "body": b"{}", "stream": True}
    return Call(**(known | {"first_token": 10.0, "idle": 5.0} | fields))


def stream(*pieces: Piece, **fields) -> Play:
    return Play(content_type=EVENTS, pieces=pieces, **fields)


async def test_a_stream_takes_its_time(time):
    """Waits are waited, pieces come in order, then it ends."""
    answer = await perform(stream(Piece(b"a", 1), Piece(b"b", 2), wait=3), call(), time, time.sleep)
    assert [chunk async for chunk in answer.chunks] == [b"a", b"b"]
    assert time.now == 106


async def test_a_whole_answer_is_joined(time):
    """Pieces of a body that is not streamed are one body."""
    play = Play(pieces=(Piece(b"{"), Piece(b"}", 1)), headers=(("x", "1"),))
    answer = await perform(play, call(stream=False), time, time.sleep)
    assert (answer.body, answer.headers) == (b"{}", {"x": "1"})


async def test_s06_silence_is_limited_by_the_first_token(time):
    """S06: nothing for ever becomes FirstTokenTimeout after `first_token`."""
    with pytest.raises(failures.FirstTokenTimeout):
        await perform(Play(status=0, ending="silence"), call(), time, time.sleep)
    assert time.now == 110


async def test_s05_no_answer_at_all_is_a_disconnect(time):
    """S05: a reset before any byte."""
    with pytest.raises(failures.Disconnected):
        await perform(Play(status=0, ending="reset"), call(), time, time.sleep)


async def test_s08_a_cut_is_a_disconnect(time):
    """S08: the stream breaks where the play does."""
    answer = await perform(stream(Piece(b"a"), ending="cut"), call(), time, time.sleep)
    assert await anext(answer.chunks) == b"a"
    with pytest.raises(failures.Disconnected):
        await anext(answer.chunks)


async def test_s09_silence_between_pieces_is_limited(time):
    """S09: silence after content becomes IdleTimeout, once the first token's time is over too."""
    play = stream(Piece(b"a", 9), ending="silence")
    answer = await perform(play, call(), time, time.sleep)
    assert await anext(answer.chunks) == b"a"
    with pytest.raises(failures.IdleTimeout):
        await anext(answer.chunks)
    assert time.now == 114


async def test_p09_the_deadline_holds(time):
    """P09: a trickle ends with DeadlineExceeded."""
    play = stream(*[Piece(b"x", 1.0)] * 20)
    answer = await perform(play, call(deadline=105.5), time, time.sleep)
    with pytest.raises(failures.DeadlineExceeded):
        async for _ in answer.chunks:
            pass
    assert time.now == 105.5


async def test_a_status_is_what_it_says(time):
    """503 raises ServerFault."""
    with pytest.raises(failures.ServerFault):
        await perform(Play(status=503), call(), time, time.sleep)


async def test_p05_html_is_no_answer(time):
    """P05: an HTML page raises InvalidAnswer with its beginning."""
    with pytest.raises(failures.InvalidAnswer) as raised:
        await perform(Play(content_type="text/html", pieces=(Piece(b"<html>"),)), call(), time, time.sleep)
    assert raised.value.upstream.body == b"<html>"


async def test_p01_an_error_in_a_200_is_that_error(time):
    """P01: JSON where a stream was asked for is read for its error."""
    body = b'{"error":{"message":"no","type":"server_error","code":"server_error"}}'
    with pytest.raises(failures.ServerFault):
        await perform(Play(pieces=(Piece(body),)), call(), time, time.sleep)


async def test_a_closed_performance_is_over(time):
    """Nothing more comes after `aclose`."""
    answer = await perform(stream(Piece(b"a"), Piece(b"b")), call(), time, time.sleep)
    await answer.chunks.aclose()
    assert [chunk async for chunk in answer.chunks] == []

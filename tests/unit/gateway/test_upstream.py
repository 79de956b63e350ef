"""A provider's stream under its time limits."""

import asyncio

import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.gateway.upstream import Upstream

START = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
WORD = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
STOP = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = (
    b'data: {"id":"1","model":"m","choices":[],'
    b'"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\n\n'
)
DONE = b"data: [DONE]\n\n"


class Chunks:
    """Plays bytes, exceptions, and silence (None)."""

    def __init__(self, *played: bytes | Exception | None) -> None:
        self._played = list(played)
        self.closed = 0

    def __aiter__(self) -> "Chunks":
        return self

    async def __anext__(self) -> bytes:
        if not self._played:
            raise StopAsyncIteration
        piece = self._played.pop(0)
        if piece is None:
            await asyncio.Event().wait()
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def aclose(self) -> None:
        self.closed += 1


def upstream(
    *played: bytes | Exception | None, idle: float = 0.03, first: float = 5, total: float = 5
) -> Upstream:
    loop = asyncio.get_running_loop()
    now = loop.time()
    return Upstream(
        Chunks(*played),
        Dialect.OPENAI_CHAT,
        idle=idle,
        first_content_by=now + first,
        deadline=now + total,
        clock=loop.time,
    )


async def frames(up: Upstream) -> list[bytes]:
    found = []
    while batch := await up.next():
        found += [frame.raw for frame in batch]
    return found


async def test_frames_come_as_they_were_received() -> None:
    """G1, G6: split anywhere, the frames joined are the bytes."""
    sent = START + WORD + STOP + USAGE + DONE
    up = upstream(*(sent[i : i + 7] for i in range(0, len(sent), 7)))
    assert b"".join(await frames(up)) == sent
    assert (up.ended, up.finished, up.has_usage, up.has_content) == (True,) * 4
    assert up.waited >= 0


async def test_what_follows_the_end_is_passed_on_unread() -> None:
    """G1: some providers say more after the last frame; it means nothing, and cannot fail."""
    odd = b"data: {broken\n\n"
    up = upstream(WORD + STOP + DONE, WORD + odd)
    assert [frame.events for frame in (await up.next())[:1]] != [()]
    assert [(frame.raw, frame.events) for frame in await up.next()] == [(WORD, ()), (odd, ())]
    assert await up.next() == []


async def test_an_end_without_its_marker_is_complete() -> None:
    """S11: finished, and the connection closed: that is an end."""
    up = upstream(WORD, STOP, USAGE)
    assert await frames(up) == [WORD, STOP, USAGE]
    assert not up.ended


@pytest.mark.parametrize("last", [None, failures.Disconnected("gone")])
async def test_a_finished_answer_does_not_wait(last, monkeypatch) -> None:
    """S11: finished, and the connection stays open or breaks: the answer is complete all the same."""
    monkeypatch.setattr("penstock.gateway.upstream.AFTER_USAGE", 0.01)
    monkeypatch.setattr("penstock.gateway.upstream.AFTER_FINISH", 0.01)
    assert await frames(upstream(WORD, STOP, USAGE, last)) == [WORD, STOP, USAGE]
    assert await frames(upstream(WORD, STOP, last)) == [WORD, STOP]


@pytest.mark.parametrize("last", [(), (failures.Disconnected("reset"),)])
async def test_an_end_before_the_answers_is_truncation(last) -> None:
    """G3: whether closed or reset, an unfinished answer is a failure; what came before is good."""
    up = upstream(START, WORD, *last)
    assert [frame.raw for frame in await up.next()] == [START]
    assert [frame.raw for frame in await up.next()] == [WORD]
    with pytest.raises(failures.Truncated):
        await up.next()


async def test_silence_after_content_is_noticed() -> None:
    """G7: the silence limit holds between chunks."""
    up = upstream(WORD, None)
    await up.next()
    with pytest.raises(failures.IdleTimeout):
        await up.next()


async def test_silence_before_content_has_its_own_limit() -> None:
    """G7, S07: thinking may take longer than a pause between words."""
    up = upstream(START, None, idle=0.01, first=0.05)
    await up.next()
    began = asyncio.get_running_loop().time()
    with pytest.raises(failures.FirstTokenTimeout):
        await up.next()
    assert asyncio.get_running_loop().time() - began > 0.03


async def test_the_deadline_holds_within_a_stream() -> None:
    """P09: the whole request's limit."""
    up = upstream(WORD, None, idle=5, total=0.03)
    await up.next()
    with pytest.raises(failures.DeadlineExceeded):
        await up.next()


async def test_good_frames_before_a_bad_one_are_delivered() -> None:
    """S10: the frames that came with the bad one go out first, then the failure."""
    up = upstream(WORD + b"data: {broken\n\n")
    assert [frame.raw for frame in await up.next()] == [WORD]
    with pytest.raises(failures.InvalidAnswer):
        await up.next()


async def test_a_stray_failure_passes() -> None:
    """Failures of the transport other than a break are told as they are."""
    with pytest.raises(failures.IdleTimeout):
        await upstream(failures.IdleTimeout("x")).next()


async def test_closing_ends_it() -> None:
    """After aclose there is nothing more, and the call is over."""
    up = upstream(WORD, WORD)
    await up.aclose()
    assert await up.next() == []
    assert up._chunks.closed == 1

"""Lines before full counters."""

import asyncio

import pytest

from penstock import failures
from penstock.domain.counting import SOON, Hold, Standing
from penstock.gateway.waiting import Lines, Waiter

FULL = Standing(hold=None, used=(), waits=())


def held(name):
    return Standing(hold=Hold(id=name, owner="", at=0.0, claims=(), amounts=()), used=(), waits=())


class Room:
    """So many may go in; the order is remembered."""

    def __init__(self, places=0, wait=SOON, line="line"):
        self.places = places
        self.wait = wait
        self.line = line
        self.order = []

    def waiter(self, user, name):
        async def attempt():
            if not self.places:
                return FULL, self.line, self.wait
            self.places -= 1
            self.order.append(name)
            return held(name), None, 0.0

        return Waiter(user, attempt)


@pytest.fixture
async def lines():
    released = []
    tasks = []

    def spawn(work):
        tasks.append(asyncio.get_running_loop().create_task(work))
        return tasks[-1]

    made = Lines(spawn, released.append)
    made.released = released
    yield made
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert not made


async def test_users_take_turns(lines):
    """Fair between users: round robin, each one's own in order; the position says so."""
    room = Room()
    names = ["a1", "a2", "a3", "b1", "b2", "c1"]
    waiters = [room.waiter(name[0], name) for name in names]
    assert [lines.join("line", waiter) for waiter in waiters] == [1, 2, 3, 2, 4, 3]
    assert "line" in lines
    room.places = 6
    lines.stir()
    await asyncio.gather(*(waiter.done for waiter in waiters))
    assert room.order == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_one_who_leaves_is_not_served(lines):
    """Leaving twice is leaving once."""
    room = Room()
    first, second = room.waiter("a", "a1"), room.waiter("a", "a2")
    for waiter in (first, second):
        lines.join("line", waiter)
    lines.leave(first)
    lines.leave(first)
    room.places = 1
    lines.stir()
    assert (await second.done).hold.id == "a2"
    assert not first.done.done()


async def test_what_was_held_for_one_who_left_goes_back(lines):
    """Its turn came in the moment in which it gave up."""

    async def attempt():
        waiter.done.cancel()
        return held("late"), None, 0.0

    waiter = Waiter("a", attempt)
    lines.join("line", waiter)
    await asyncio.sleep(0.01)
    assert [hold.id for hold in lines.released] == ["late"]
    assert waiter.found is None


async def test_nothing_goes_back_where_nothing_was_held(lines):
    """It gave up, and there was no room either."""

    async def attempt():
        waiter.done.cancel()
        return FULL, "line", SOON

    waiter = Waiter("a", attempt)
    lines.join("line", waiter)
    await asyncio.sleep(0.01)
    assert lines.released == []


async def test_a_known_wait_is_waited_for(lines):
    """The window frees in 20 ms: nobody has to say so."""
    room = Room(wait=0.02)
    waiter = room.waiter("a", "a1")
    lines.join("line", waiter)
    await asyncio.sleep(0.001)
    room.places = 1
    assert (await asyncio.wait_for(waiter.done, 1)).hold is not None


async def test_one_who_waits_for_something_else_changes_lines(lines):
    """It does not stand in the way of others."""
    elsewhere, here = Room(line="other"), Room()
    stuck, free = elsewhere.waiter("a", "a1"), here.waiter("b", "b1")
    lines.join("line", stuck)
    lines.join("line", free)
    here.places = 1
    assert (await free.done).hold.id == "b1"
    assert [(key, waiter) for key, waiter in lines.waiters()] == [("other", stuck)]
    elsewhere.places = 1
    lines.stir()
    await stuck.done
    assert stuck.found is not None


@pytest.mark.parametrize("gone", [False, True])
async def test_what_asking_raises_is_raised_where_the_request_waits(lines, gone):
    """The store went away meanwhile; one that has left too is not told."""

    async def attempt():
        if gone:
            waiter.done.cancel()
        raise failures.StorageUnavailable("away")

    waiter = Waiter("a", attempt)
    lines.join("line", waiter)
    with pytest.raises(asyncio.CancelledError if gone else failures.StorageUnavailable):
        await waiter.done

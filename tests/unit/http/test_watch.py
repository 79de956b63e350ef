"""Noticing that a client has left."""

import asyncio

import pytest

from penstock.http.watch import Watch

GONE = {"type": "http.disconnect"}
REST = {"type": "http.request", "body": b"", "more_body": False}


def receiver(*messages):
    left = list(messages)

    async def receive():
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        return GONE

    return receive


async def watched(receive, spawn=asyncio.ensure_future):
    """Run as the door's task does: true if it was cancelled because the client left."""
    watch = Watch(receive, spawn, asyncio.get_running_loop())
    watch.start(at_once=False)
    try:
        await asyncio.sleep(0.5)
    except asyncio.CancelledError:
        if not watch.gone:
            raise
    finally:
        watch.close()
    return watch.gone


async def test_leaving_cancels_the_task():
    """The task that answers is cancelled; after that it counts as not cancelled."""
    task = asyncio.ensure_future(watched(receiver(GONE)))
    assert await task
    assert task.cancelling() == 0


async def test_end_of_the_body_is_not_leaving():
    """A last empty piece of the body may come before the disconnect."""
    assert await watched(receiver(REST, GONE))


async def test_the_servers_own_future_is_used():
    """A server that gives futures costs no task."""
    spawned = []
    future = asyncio.get_running_loop().create_future()
    future.set_result(GONE)
    assert await watched(lambda: future, spawned.append)
    assert spawned == []


async def test_broken_receive_counts_as_leaving():
    """A connection that fails is gone."""

    async def broken():
        raise ConnectionError

    assert await watched(broken)


async def test_closing_before_listening_began():
    """A request that is over within its headstart never listens."""
    watch = Watch(receiver(), asyncio.ensure_future, asyncio.get_running_loop())
    watch.start(at_once=False)
    watch.close()
    assert not watch.gone


async def test_closing_a_watch_that_never_started():
    """Requests without a body need no start."""
    watch = Watch(receiver(), asyncio.ensure_future, asyncio.get_running_loop())
    watch.close()
    assert not watch.gone


async def test_cancellation_from_elsewhere_passes():
    """Somebody else's cancellation is not taken for a leaving client."""
    task = asyncio.ensure_future(watched(receiver()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_news_after_closing_are_ignored():
    """What is heard once the reply is out cancels nothing."""
    future = asyncio.get_running_loop().create_future()
    watch = Watch(lambda: future, asyncio.ensure_future, asyncio.get_running_loop())
    watch._listen()
    watch._closed = True
    future.set_result(GONE)
    await asyncio.sleep(0)
    assert not watch.gone


async def test_listening_at_once():
    """Where the answer will be work, leaving is noticed without the headstart."""
    future = asyncio.get_running_loop().create_future()
    watch = Watch(lambda: future, asyncio.ensure_future, asyncio.get_running_loop())
    watch.start(at_once=True)
    future.set_result(GONE)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(0.01)
    watch.close()
    assert watch.gone

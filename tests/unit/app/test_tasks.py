"""The process's own tasks."""

import asyncio

from penstock.app.tasks import Tasks


async def test_what_was_begun_is_waited_for() -> None:
    """G9: a settlement under way is finished before the process ends."""
    done = []

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append(1)

    tasks = Tasks()
    tasks.spawn(work())
    await tasks.finish(1.0)
    assert done == [1]


async def test_what_never_ends_is_cancelled() -> None:
    """The end of the process does not hang on a task."""
    tasks = Tasks()
    stuck = tasks.spawn(asyncio.Event().wait())
    await tasks.finish(0.01)
    assert stuck.cancelled()


async def test_nothing_to_wait_for() -> None:
    """An idle process ends at once."""
    await Tasks().finish(0.01)

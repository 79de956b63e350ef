"""The process's own tasks: what outlives a request is started here and waited for at the end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Hands out `protocols.Spawn`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()  # results vary per task

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that is awaited at shutdown."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Wait for all tasks; those that are not done by then are cancelled."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=seconds)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=seconds)

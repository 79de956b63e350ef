"""Notices that a client has left while its request is being answered (G8)."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from penstock.http.incoming import Message, Receive
from penstock.protocols import Spawn

HEADSTART: Final = 0.05
"""Seconds before listening begins: most small requests are over by then and never pay for it."""


class Watch:
    """Cancels the task that answers, once its client is gone; `gone` then says so."""

    __slots__ = ("_closed", "_heard", "_loop", "_receive", "_spawn", "_task", "_timer", "gone")

    def __init__(self, receive: Receive, spawn: Spawn, loop: asyncio.AbstractEventLoop) -> None:
        self.gone = False
        self._receive = receive
        self._spawn = spawn
        self._loop = loop
        self._task = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._heard: asyncio.Future[Message] | None = None
        self._closed = False

    def start(self, *, at_once: bool) -> None:
        """Begin, once the request's body was read to its end: after HEADSTART, or at once."""
        if at_once:
            self._listen()
        else:
            self._timer = self._loop.call_later(HEADSTART, self._listen)

    def hush(self) -> None:
        """From now on a client that leaves cancels nothing: what is left to do must be done anyway."""
        self._closed = True

    def close(self) -> None:
        """Stop listening. After a cancellation by this watch, the task counts as not cancelled."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._heard is not None:
            self._heard.cancel()
        if self.gone and self._task is not None:
            self._task.uncancel()

    def _listen(self) -> None:
        self._heard = self._future(self._receive())
        self._heard.add_done_callback(self._hear)

    def _future(self, message: Awaitable[Message]) -> "asyncio.Future[Message]":
        """The server's own future where it gives one, which saves a task; else a task."""
        return message if asyncio.isfuture(message) else self._spawn(_wait(message))

    def _hear(self, heard: "asyncio.Future[Message]") -> None:
        if self._closed or heard.cancelled():
            return
        if heard.exception() is None and heard.result()["type"] == "http.request":
            self._listen()
            return
        self.gone = True
        if self._task is not None:
            self._task.cancel()


async def _wait(message: Awaitable[Message]) -> Message:
    return await message

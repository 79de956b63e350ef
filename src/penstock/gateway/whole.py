"""A reply in one piece: one attempt, its answer read, and written for the client."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from penstock import failures
from penstock.domain.chat import Dialect, Reply
from penstock.gateway.metered import Metered
from penstock.gateway.router import send
from penstock.gateway.run import Run
from penstock.protocols import Call
from penstock.wire import dialects

OFF_LOOP_BYTES: Final = 50_000
"""Larger replies are read in a thread (G9)."""


class Replied(msgspec.Struct, frozen=True):
    """A complete answer as the provider sent it, and read."""

    attempt: Metered
    dialect: Dialect
    body: bytes
    headers: Mapping[str, str]
    reply: Reply


class Fetch:
    """The act that `Router.answered` plays on each attempt of a request for a whole reply."""

    def __init__(self, run: Run, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock

    async def __call__(self, attempt: Metered, call: Call) -> Replied:
        """Raises InvalidAnswer for a cut or foreign body, and what an error object in a 200 says."""
        try:
            answer = await send(attempt, call)
        finally:
            self._run.pulled += self._clock() - attempt.started
        if answer.chunks is not None:
            await answer.chunks.aclose()
            raise failures.InvalidAnswer("The provider answered with a stream that was not asked for.")
        read = dialects.of(call.dialect).read_reply
        large = len(answer.body) > OFF_LOOP_BYTES
        reply = await asyncio.to_thread(read, answer.body) if large else read(answer.body)
        attempt.hear_reply(reply)
        await attempt.hold.durable
        return Replied(attempt, call.dialect, answer.body, answer.headers, reply)


async def body_for_client(run: Run, replied: Replied) -> bytes:
    """The provider's bytes where the dialect is the client's (G1), else a translation."""
    request = run.ask.request
    if replied.dialect is request.dialect:
        return replied.body
    reply = replied.reply
    if reply.usage is None and run.usage is not None:
        reply = msgspec.structs.replace(reply, usage=run.usage)
    write = dialects.of(request.dialect).write_reply
    if len(replied.body) > OFF_LOOP_BYTES:
        return await asyncio.to_thread(write, reply, request)
    return write(reply, request)

"""Implements `protocols.ResponseStore`: written by the writer, read in threads."""

import asyncio
from collections.abc import Sequence
from functools import partial

from penstock.domain.response import StoredResponse
from penstock.storage import responses
from penstock.storage.database import Database
from penstock.storage.writer import Writer


class ResponseStore:
    """Keeps Responses objects. What was just put is found at once, also while it is being written."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Reads from the one, writes through the other."""
        self._database = database
        self._writer = writer
        self._writing: dict[str, StoredResponse] = {}

    def put(self, response: StoredResponse) -> None:
        """Queue it to be written; never blocks."""
        self._writing[response.id] = response
        self._writer.keep(response).add_done_callback(partial(self._written, response.id))

    async def get(self, response_id: str, owner: str) -> StoredResponse | None:
        """Return one response, if it is the owner's. Raises StorageUnavailable."""
        waiting = self._writing.get(response_id)
        if waiting is not None:
            return waiting if waiting.owner == owner else None
        return await asyncio.to_thread(self._database.read, responses.get, response_id, owner)

    async def chain(self, response_id: str, owner: str) -> Sequence[StoredResponse]:
        """Return a response and all before it, oldest first. Raises StorageUnavailable."""
        newest: list[StoredResponse] = []
        waiting = self._writing.get(response_id)
        while waiting is not None and waiting.owner == owner:
            newest.append(waiting)
            if waiting.previous_id is None:
                return newest[::-1]
            response_id = waiting.previous_id
            waiting = self._writing.get(response_id)
        stored = await asyncio.to_thread(self._database.read, responses.chain, response_id, owner)
        return [*stored, *reversed(newest)]

    async def delete(self, response_id: str, owner: str) -> bool:
        """Whether there was one. Raises StorageUnavailable."""
        if response_id in self._writing:
            await self._writer.flush()
        return await asyncio.to_thread(self._database.write, responses.remove, response_id, owner)

    def _written(self, response_id: str, _promise: asyncio.Future[None]) -> None:
        self._writing.pop(response_id, None)

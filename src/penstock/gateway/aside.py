"""Calls beside the main road: they go to one provider, cost nothing, and are not translated."""

import asyncio
from collections.abc import Callable

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.domain.exchange import Ask, Whole
from penstock.domain.response import StoredResponse
from penstock.gateway.lanes import Lane, Lanes
from penstock.gateway.models import Models
from penstock.protocols import Answer, Call, ResponseStore
from penstock.wire import dialects

SECONDS = 30.0
"""For any such call, all in all."""


class Aside:
    """Counting tokens where the provider can, and stored responses where they live."""

    def __init__(
        self, models: Models, lanes: Lanes, store: ResponseStore, clock: Callable[[], float]
    ) -> None:
        """`clock` is the event loop's."""
        self._models = models
        self._lanes = lanes
        self._store = store
        self._clock = clock

    async def count_tokens(self, ask: Ask) -> Whole:
        """Count as the provider itself does. Raises NotFound where none can: never a wrong number (G17)."""
        model = await self._models.find(ask.request.model)
        lanes = [lane for target in model.targets for lane in self._lanes.of(target)]
        for lane in sorted(lanes, key=lambda lane: lane.rank(self._clock())):
            if lane.source.provider.dialect_for(Dialect.ANTHROPIC_MESSAGES) is Dialect.ANTHROPIC_MESSAGES:
                codec = dialects.of(Dialect.ANTHROPIC_MESSAGES)
                quirks = lane.source.provider.quirks
                body = await asyncio.to_thread(codec.address, ask.request, lane.model, quirks)
                return await self._send(lane, "POST", "/messages/count_tokens", body.body, ask.headers)
        raise failures.NotFound(f"No target of {ask.request.model} can count tokens exactly.", param="model")

    async def stored_response(self, ask_owner: str, response_id: str) -> StoredResponse:
        """Raises NotFound, also for what belongs to another tenant (G30)."""
        stored = await self._store.get(response_id, ask_owner)
        if stored is None:
            raise failures.NotFound(f"Response with id {response_id!r} not found.", param="id")
        return stored

    async def forward(self, stored: StoredResponse, method: str, path: str) -> Whole:
        """Ask the provider that keeps a response; `path` is below its base: /responses/ID/cancel."""
        provider, _, model = stored.target.partition("/")
        source = self._lanes.sources.get(provider)
        if source is None:
            raise failures.NotFound(f"The provider {provider} that kept it is no longer configured.")
        call = self._call(model, source.provider.keys[0].name, method, path)
        return _whole(await source.provider.send(call), stored.target)

    async def _send(
        self, lane: Lane, method: str, path: str, body: bytes, headers: tuple[tuple[str, str], ...]
    ) -> Whole:
        call = self._call(lane.model, lane.key.name, method, path, body, headers, Dialect.ANTHROPIC_MESSAGES)
        return _whole(await lane.source.provider.send(call), lane.target)

    def _call(
        self,
        model: str,
        key: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
        dialect: Dialect = Dialect.OPENAI_RESPONSES,
    ) -> Call:
        return Call(
            dialect=dialect,
            model=model,
            body=body,
            stream=False,
            key=key,
            method=method,
            path=path,
            headers=headers,
            deadline=self._clock() + SECONDS,
        )


def _whole(answer: Answer, target: str) -> Whole:
    return Whole(
        status=answer.status, headers={**answer.headers, "x-penstock-target": target}, body=answer.body
    )

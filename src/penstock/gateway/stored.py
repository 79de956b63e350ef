"""Stored responses: conversations that go on by `previous_response_id`."""

from collections.abc import Callable
from typing import Final

import msgspec

from penstock import failures
from penstock.domain.chat import Dialect, Message, Reply
from penstock.domain.response import StoredResponse, owner_of
from penstock.gateway.run import Run
from penstock.protocols import ResponseStore
from penstock.wire import dialects, sse

LAST_EVENTS: Final = (b"response.completed", b"response.incomplete")
_messages: Final = msgspec.json.Decoder(tuple[Message, ...])


class Stored:
    """Gives a request its earlier turns, and keeps replies that are to be found again."""

    def __init__(self, store: ResponseStore, clock: Callable[[], float]) -> None:
        """`clock` gives Unix seconds, UTC."""
        self._store = store
        self._clock = clock

    async def continue_from(self, run: Run) -> None:
        """Find the conversation that the request goes on with. Raises NotFound.

        One that lives with a provider can only go on there; any other is sent along as history.
        """
        previous = run.ask.request.previous_response_id
        if previous is None:
            return
        stored = await self._store.get(previous, owner_of(run.ask.principal))
        if stored is None:
            raise failures.NotFound(
                f"Previous response with id {previous!r} not found.", param="previous_response_id"
            )
        if stored.native:
            run.targets = [
                t for t in run.targets if (t.provider, t.model) == (stored.provider, stored.target_model)
            ]
            if not run.targets:
                raise failures.InvalidRequest(
                    f"Response {previous!r} is kept by {stored.provider}/{stored.target_model}, "
                    f"which does not serve {run.ask.request.model}.",
                    param="previous_response_id",
                )
        else:
            run.history = _messages.decode(stored.history)

    def keeps(self, run: Run) -> bool:
        """Whether this request's reply is to be kept."""
        request = run.ask.request
        return request.dialect is Dialect.OPENAI_RESPONSES and request.store

    def keep(self, run: Run) -> None:
        """Keep a complete reply; `run.answer` is what the client was sent."""
        body = _final_object(run.answer or b"", stream=run.ask.request.stream)
        if body is None or run.current is None:
            return
        codec = dialects.of(Dialect.OPENAI_RESPONSES)
        reply = codec.read_reply(body)
        native = run.current.dialect is Dialect.OPENAI_RESPONSES
        lane = run.current.lane
        self._store.put(
            StoredResponse(
                id=reply.id,
                at=self._clock(),
                owner=owner_of(run.ask.principal),
                model=run.ask.request.model,
                provider=lane.source.name,
                target_model=lane.model,
                native=native,
                body=b"" if native else body,
                history=b"" if native else _history(run, reply),
            )
        )


def _history(run: Run, reply: Reply) -> bytes:
    asked = run.conversation
    if asked is None:
        asked = dialects.of(run.ask.request.dialect).decode(run.ask.request.body)
    # Instructions hold for one request only: OpenAI does not carry them over either.
    turns = [message for message in asked.messages if message.role not in ("system", "developer")]
    answer = Message(role="assistant", parts=reply.parts)
    return msgspec.json.encode((*(run.history or ()), *turns, answer))


def _final_object(sent: bytes, *, stream: bool) -> bytes | None:
    """The Responses object of a reply: the body itself, or what the last event carries."""
    if not stream:
        return sent
    for frame in reversed(sse.Splitter().feed(sent)):
        name, data = sse.data_of(frame)
        if data is not None and (name or "").encode() in LAST_EVENTS:
            return bytes(msgspec.json.decode(data, type=_Last).response)
    return None


class _Last(msgspec.Struct):
    response: msgspec.Raw

"""Stored responses: conversations that go on by `previous_response_id`."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from penstock import failures
from penstock.domain.chat import Dialect, Message
from penstock.domain.response import StoredResponse, owner_of
from penstock.gateway.run import Run
from penstock.protocols import ResponseStore
from penstock.wire import dialects, sse

LAST_EVENTS: Final = ("response.completed", "response.incomplete")


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
        chain = await self._store.chain(previous, owner_of(run.ask.principal))
        if not chain:
            message = f"Previous response with id {previous!r} not found."
            raise failures.NotFound(message, param="previous_response_id")
        last = chain[-1]
        if not last.native:
            run.history = _turns(chain)
            return
        run.targets = [t for t in run.targets if f"{t.provider}/{t.model}" == last.target]
        if not run.targets:
            raise failures.InvalidRequest(
                f"Response {previous!r} is kept by {last.target}, "
                f"which does not serve {run.ask.request.model}.",
                param="previous_response_id",
            )

    def keeps(self, run: Run) -> bool:
        """Whether this request's reply is to be kept."""
        request = run.ask.request
        return request.dialect is Dialect.OPENAI_RESPONSES and request.store

    def keep(self, run: Run) -> None:
        """Keep a complete reply; `run.answer` is what the client was sent."""
        request = run.ask.request
        body = _final_object(run.answer or b"", stream=request.stream)
        if body is None or run.current is None:
            return
        native = run.current.dialect is Dialect.OPENAI_RESPONSES
        asked = msgspec.json.decode(request.body, type=_Asked)
        self._store.put(
            StoredResponse(
                id=msgspec.json.decode(body, type=_Named).id,
                owner=owner_of(run.ask.principal),
                previous_id=request.previous_response_id,
                target=run.target,
                input="" if native else bytes(asked.input).decode(),
                body="" if native else body.decode(),
                created=self._clock(),
            )
        )


def _turns(chain: Sequence[StoredResponse]) -> tuple[Message, ...]:
    """All messages of a conversation, oldest first, without instructions.

    Those hold for one request only: OpenAI does not carry them over either.
    """
    codec = dialects.of(Dialect.OPENAI_RESPONSES)
    turns: list[Message] = []
    for link in chain:
        asked = codec.decode(b'{"model":"","input":%b}' % link.input.encode())
        turns += [message for message in asked.messages if message.role not in ("system", "developer")]
        turns.append(Message(role="assistant", parts=codec.read_reply(link.body.encode()).parts))
    return tuple(turns)


def _final_object(sent: bytes, *, stream: bool) -> bytes | None:
    """The Responses object of a reply: the body itself, or what the last event carries."""
    if not stream:
        return sent
    for frame in reversed(sse.Splitter().feed(sent)):
        name, data = sse.data_of(frame)
        if data is not None and name in LAST_EVENTS:
            return bytes(msgspec.json.decode(data, type=_Last).response)
    return None


class _Asked(msgspec.Struct):
    input: msgspec.Raw = msgspec.Raw(b'""')


class _Named(msgspec.Struct):
    id: str


class _Last(msgspec.Struct):
    response: msgspec.Raw

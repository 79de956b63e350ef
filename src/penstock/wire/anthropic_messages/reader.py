"""Reads a stream of Messages events."""

from typing import Final

import msgspec

from penstock.domain.chat import (
    Dialect,
    Ended,
    Event,
    Finished,
    OtherContent,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.wire import errors, sealed, sse, usage
from penstock.wire.anthropic_messages import shapes

_DECODER: Final = msgspec.json.Decoder(shapes.StreamEvent)


class Reader:
    """State of one stream. Finished comes with `message_stop`: only that says that nothing is missing."""

    extra = False

    def __init__(self) -> None:
        self._counts: usage.Counts = {}
        self._calls = 0
        self._call_block: int | None = None
        self._call_empty = False
        self._stop: shapes.BlockDelta | None = None
        self._started = False
        self._handlers = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": self._message_stop,
        }

    def read(self, frame: bytes) -> tuple[Event, ...]:
        """Read one frame; see codec.StreamReader."""
        name, data = sse.data_of(frame)
        if data is None or data == b"[DONE]":
            return ()
        event = errors.understood(_DECODER, data, Dialect.ANTHROPIC_MESSAGES)
        if errors.is_given(event.error) or "error" in (name, event.type):
            raise errors.classify(200, {}, data, Dialect.ANTHROPIC_MESSAGES)
        handler = self._handlers.get(event.type)
        return handler(event) if handler else ()

    def _message_start(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        message = event.message
        if not isinstance(message, shapes.MessageHead):
            return ()
        seen = self._usage(message.usage)
        if self._started:
            return seen
        self._started = True
        return Started(id=message.id, model=message.model), *seen

    def _block_start(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        block = event.content_block
        if block is None:
            return ()
        if block.type == "text":
            return (TextDelta(text=block.text),) if block.text else ()
        if block.type == "thinking":
            return self._thinking(block.thinking, block.signature)
        if block.type == "redacted_thinking":
            return (ReasoningDelta(encrypted=block.data),)
        if block.type == "tool_use":
            return self._call_start(event.index, block)
        return (OtherContent(kind=block.type),)

    def _call_start(self, place: int, block: shapes.Block) -> tuple[Event, ...]:
        index = self._calls
        self._calls += 1
        self._call_block = place
        started = ToolCallStarted(index=index, id=block.id or f"call_{index}", name=block.name or "")
        whole = bytes(block.input).decode() or "{}"
        self._call_empty = whole.replace(" ", "") in ("{}", "null")
        return (started,) if self._call_empty else (started, ToolCallDelta(index=index, arguments=whole))

    def _block_delta(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        delta = event.delta
        if delta is None:
            return ()
        if delta.text:
            return (TextDelta(text=delta.text),)
        if delta.partial_json:
            return self._call_delta(event.index, delta.partial_json)
        return self._thinking(delta.thinking, delta.signature)

    def _call_delta(self, place: int, arguments: str) -> tuple[Event, ...]:
        if place != self._call_block:
            return ()  # the input of a tool that runs at the provider
        self._call_empty = False
        return (ToolCallDelta(index=self._calls - 1, arguments=arguments),)

    def _thinking(self, text: str | None, signature: str | None) -> tuple[Event, ...]:
        if not text and not signature:
            return ()
        part = sealed.opened(text or "", signature)
        return (
            ReasoningDelta(text=part.text, signature=part.signature, encrypted=part.encrypted, id=part.id),
        )

    def _block_stop(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        """Close a block; a call without arguments has the empty object, as JSON wants something."""
        if event.index != self._call_block:
            return ()
        self._call_block = None
        return (ToolCallDelta(index=self._calls - 1, arguments="{}"),) if self._call_empty else ()

    def _message_delta(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        if event.delta is not None and event.delta.stop_reason:
            self._stop = event.delta
        return self._usage(event.usage)

    def _message_stop(self, _event: shapes.StreamEvent) -> tuple[Event, ...]:
        stop = self._stop or shapes.BlockDelta()
        reason = shapes.finish_reason(stop.stop_reason)
        return Finished(reason=reason, stop_sequence=stop.stop_sequence), Ended()

    def _usage(self, counts: shapes.Object | None) -> tuple[Event, ...]:
        if not counts:
            return ()
        return (UsageSeen(usage=usage.anthropic(usage.merge(self._counts, counts))),)

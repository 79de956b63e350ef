"""Reads a stream of Responses events."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import msgspec

from penstock.domain.chat import (
    Dialect,
    Ended,
    Event,
    Finished,
    OtherContent,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.wire import errors, sealed, sse, usage
from penstock.wire.openai_responses import shapes

_DECODER: Final = msgspec.json.Decoder(shapes.StreamEvent)


class Reader:
    """State of one stream. Items are told apart by `output_index`: some servers rotate their ids."""

    extra = False

    def __init__(self) -> None:
        self._started = False
        self._model = ""
        self._calls: dict[int, int] = {}
        self._streamed: set[int] = set()
        self._refused = False
        self._counts: usage.Counts = {}

    def read(self, frame: bytes) -> tuple[Event, ...]:
        """Read one frame; see codec.StreamReader."""
        name, data = sse.data_of(frame)
        if data is None or data == b"[DONE]":
            return ()
        event = errors.understood(_DECODER, data, Dialect.OPENAI_RESPONSES)
        if name == "error" or event.type in ("error", "response.failed") or errors.is_given(event.error):
            raise errors.classify(200, {}, data, Dialect.OPENAI_RESPONSES)
        handler = self._HANDLERS.get(event.type)
        return handler(self, event) if handler else ()

    def _created(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        response = event.response
        if response is None or self._started:
            return ()
        self._started = True
        self._model = response.model or ""
        return (Started(id=response.id, model=self._model),)

    def _item_added(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        item = event.item
        if item is None or item.type == "message":
            return ()
        if item.type in shapes.CALLS:
            return self._call(event.output_index, item)
        if item.type == "reasoning":
            return ()  # nothing to show yet, and perhaps never
        return (OtherContent(kind=item.type),)

    def _call(self, place: int, item: shapes.Item) -> tuple[Event, ...]:
        index = self._calls[place] = len(self._calls)
        return (
            ToolCallStarted(
                index=index,
                id=item.call_id or item.id or f"call_{index}",
                name=item.name or "",
                custom=item.type == "custom_tool_call",
                item_id=item.id,
            ),
        )

    def _item_done(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        """Add what only the finished item says: encrypted reasoning, and what was not streamed."""
        item, place = event.item, event.output_index
        if item is None:
            return ()
        if item.type == "reasoning":
            return self._reasoning_done(place, item)
        if item.type in shapes.CALLS:
            begun = () if place in self._calls else self._call(place, item)
            arguments = shapes.arguments_of(item)
            if place in self._streamed or not arguments:
                return begun
            return *begun, ToolCallDelta(index=self._calls[place], arguments=arguments)
        if item.type == "message" and place not in self._streamed:
            return self._message_done(item)
        return ()

    def _reasoning_done(self, place: int, item: shapes.Item) -> tuple[Event, ...]:
        text = "" if place in self._streamed else shapes.reasoning_text(item)
        if not text and not item.encrypted_content:
            return ()
        part = sealed.decrypted(text, item.id, item.encrypted_content)
        return (ReasoningDelta(text=text, signature=part.signature, encrypted=part.encrypted, id=part.id),)

    def _message_done(self, item: shapes.Item) -> tuple[Event, ...]:
        content = item.content if isinstance(item.content, list) else []
        self._refused = self._refused or any(part.refusal for part in content)
        texts = [TextDelta(text=part.text) for part in content if part.text]
        return *texts, *(RefusalDelta(text=part.refusal) for part in content if part.refusal)

    def _text(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        text = self._delta(event)
        return (TextDelta(text=text),) if text else ()

    def _refusal(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        text = self._delta(event)
        self._refused = True
        return (RefusalDelta(text=text),) if text else ()

    def _reasoning(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        text = self._delta(event)
        return (ReasoningDelta(text=text),) if text else ()

    def _summary_part(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        """Set the parts of a summary apart, as they are when shown."""
        return (ReasoningDelta(text="\n\n"),) if event.summary_index else ()

    def _arguments(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        text = self._delta(event)
        index = self._calls.get(event.output_index)
        return (ToolCallDelta(index=index, arguments=text),) if text and index is not None else ()

    def _delta(self, event: shapes.StreamEvent) -> str:
        self._streamed.add(event.output_index)
        return event.delta if isinstance(event.delta, str) else ""

    def _other(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        return (OtherContent(kind=event.type.removeprefix("response.")),)

    def _end(self, event: shapes.StreamEvent) -> tuple[Event, ...]:
        response = event.response or shapes.Response()
        calls = bool(self._calls)
        if response.status is None and event.type == "response.incomplete":
            response.status = "incomplete"
        reason = shapes.finish_reason(response, calls=calls, refused=self._refused)
        if not response.usage:
            return Finished(reason=reason), Ended()
        seen = usage.openai(
            usage.merge(self._counts, response.usage),
            tier=response.service_tier,
            model=self._model,
            searches=shapes.searches(response.output or ()),
        )
        return Finished(reason=reason), UsageSeen(usage=seen), Ended()

    _HANDLERS: ClassVar[Mapping[str, Callable[..., tuple[Event, ...]]]] = {
        "response.created": _created,
        "response.queued": _created,
        "response.in_progress": _created,
        "response.output_item.added": _item_added,
        "response.output_item.done": _item_done,
        "response.output_text.delta": _text,
        "response.refusal.delta": _refusal,
        "response.reasoning_summary_part.added": _summary_part,
        "response.reasoning_summary_text.delta": _reasoning,
        "response.reasoning_text.delta": _reasoning,
        "response.function_call_arguments.delta": _arguments,
        "response.custom_tool_call_input.delta": _arguments,
        "response.output_audio.delta": _other,
        "response.image_generation_call.partial_image": _other,
        "response.completed": _end,
        "response.incomplete": _end,
    }

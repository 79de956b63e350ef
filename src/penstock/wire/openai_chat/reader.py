"""Reads a stream of chat completion chunks, and of completions, which differ only in `text`."""

from typing import Final

import msgspec

from penstock.domain.chat import (
    Dialect,
    Ended,
    Event,
    Finished,
    FinishReason,
    OtherContent,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.wire import errors, sse, usage
from penstock.wire.openai_chat import shapes

_DECODER: Final = msgspec.json.Decoder(shapes.Completion)


class Reader:
    """State of one stream. Finished comes once every choice that was begun has its finish_reason."""

    def __init__(self, dialect: Dialect = Dialect.OPENAI_CHAT) -> None:
        """`dialect` is named in the failures."""
        self.extra = False
        self._dialect = dialect
        self._started = False
        self._finished = False
        self._open: set[int] = set()
        self._closed: set[int] = set()
        self._reason: FinishReason = "stop"
        self._stop_sequence: str | None = None
        self._calls: list[tuple[int, str]] = []
        self._refused = False
        self._counts: usage.Counts = {}
        self._counted_last = False
        self._tier: str | None = None
        self._model = ""

    def read(self, frame: bytes) -> tuple[Event, ...]:
        """Read one frame; see codec.StreamReader."""
        self.extra = False
        name, data = sse.data_of(frame)
        if data is None:
            return ()
        if data == b"[DONE]":
            return self._done()
        chunk = errors.understood(_DECODER, data, self._dialect)
        if errors.is_given(chunk.error) or "error" in (name, chunk.object):
            raise errors.classify(200, {}, data, self._dialect)
        return self._chunk(chunk)

    def _done(self) -> tuple[Event, ...]:
        """End. Some servers never send a finish_reason: usage right before the end stands in for it."""
        if self._finished or not self._counted_last:
            return (Ended(),)
        self._finished = True
        self._reason = shapes.finish_reason("stop", calls=bool(self._calls), refused=self._refused)
        return Finished(reason=self._reason), Ended()

    def _chunk(self, chunk: shapes.Completion) -> tuple[Event, ...]:
        events: list[Event] = []
        if chunk.service_tier is not None:
            self._tier = chunk.service_tier
        if chunk.choices:
            if not self._started:
                self._started = True
                self._model = chunk.model or ""
                events.append(Started(id=chunk.id or "", model=self._model))
            for choice in chunk.choices:
                self._choice(choice, events)
        counts = chunk.usage or (chunk.x_groq.usage if chunk.x_groq else None)
        self._counted_last = bool(counts)
        if counts:
            self.extra = not chunk.choices
            merged = usage.merge(self._counts, counts)
            events.append(UsageSeen(usage=usage.openai(merged, tier=self._tier, model=self._model)))
        return tuple(events)

    def _choice(self, choice: shapes.Choice, events: list[Event]) -> None:
        if choice.index not in self._closed:
            self._open.add(choice.index)
        if choice.index:
            if choice.text or (choice.delta is not None and choice.delta.content):
                events.append(OtherContent(kind="choice"))
        else:
            if choice.text:
                events.append(TextDelta(text=choice.text))
            if choice.delta is not None:
                self._delta(choice.delta, events)
        if choice.finish_reason:
            self._finish(choice, choice.finish_reason, events)

    def _finish(self, choice: shapes.Choice, said: str, events: list[Event]) -> None:
        if said == "error":
            raise errors.classify(200, {}, b'{"error":{"type":"server_error"}}', self._dialect)
        self._open.discard(choice.index)
        self._closed.add(choice.index)
        if choice.index == 0:
            self._reason = shapes.finish_reason(said, calls=bool(self._calls), refused=self._refused)
            self._stop_sequence = choice.stop_reason if isinstance(choice.stop_reason, str) else None
        if not self._open and not self._finished:
            self._finished = True
            events.append(Finished(reason=self._reason, stop_sequence=self._stop_sequence))

    def _delta(self, delta: shapes.Delta, events: list[Event]) -> None:
        text, thinking, refusal = shapes.pieces(delta.content)
        if delta.reasoning_details or delta.reasoning_content or delta.reasoning or thinking:
            self._reasoning(delta, thinking, events)
        if text:
            events.append(TextDelta(text=text))
        if delta.refusal or refusal:
            self._refused = True
            events.append(RefusalDelta(text=delta.refusal or refusal))
        for call in delta.tool_calls or ():
            self._call(call, events)
        if delta.function_call is not None:
            self._call(shapes.Call(index=0, function=delta.function_call), events)
        if delta.audio:
            events.append(OtherContent(kind="audio"))
        if delta.images:
            events.append(OtherContent(kind="image"))

    def _reasoning(self, delta: shapes.Delta, thinking: str, events: list[Event]) -> None:
        """Emit reasoning once, though OpenRouter sends the same text under two names."""
        text = delta.reasoning_content or delta.reasoning or thinking
        details = delta.reasoning_details or []
        if not text:
            text = "".join(detail.text or detail.summary or "" for detail in details)
        if text:
            events.append(ReasoningDelta(text=text))
        events.extend(
            ReasoningDelta(signature=detail.signature, encrypted=detail.data, id=detail.id)
            for detail in details
            if detail.signature or detail.data
        )

    def _call(self, call: shapes.Call, events: list[Event]) -> None:
        index = self._find(call)
        if index is None:
            index = len(self._calls)
            wire = call.index if call.index is not None else index
            identity = call.id or f"call_{index}"
            self._calls.append((wire, identity))
            custom = call.custom is not None
            events.append(ToolCallStarted(index=index, id=identity, name=shapes.name_of(call), custom=custom))
        arguments = shapes.arguments_of(call)
        if arguments:
            events.append(ToolCallDelta(index=index, arguments=arguments))

    def _find(self, call: shapes.Call) -> int | None:
        """Find the call that a piece belongs to; Gemini gives all parallel calls the index 0."""
        for index in range(len(self._calls) - 1, -1, -1):
            wire, identity = self._calls[index]
            same_place = call.index is None or call.index == wire
            if same_place and (not call.id or call.id == identity or not shapes.name_of(call)):
                return index
        return None

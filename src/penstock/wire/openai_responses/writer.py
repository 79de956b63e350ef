"""Writes a stream of Responses events."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from penstock.domain.chat import (
    ChatRequest,
    Ended,
    Event,
    Finished,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Started,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.domain.usage import Usage
from penstock.wire import custom_tools, sse
from penstock.wire.openai_responses import envelope

Object = dict[str, Any]  # wire: an event, or a part of one
_encode = msgspec.json.Encoder().encode


class _Message(msgspec.Struct):
    """The message item that is being written, with its last content part."""

    id: str
    place: int
    done: list[Object] = []
    kind: str = ""
    text: str = ""


class _Thought(msgspec.Struct):
    """The reasoning item that is being written."""

    id: str
    place: int
    text: str = ""
    signature: str | None = None
    encrypted: str | None = None


class _Call(msgspec.Struct):
    """A tool call that is being written; `unwrap` if a function stands for a custom tool."""

    started: ToolCallStarted
    id: str
    place: int
    unwrap: bool
    said: str = ""


class Writer:
    """State of one stream: output items, each added, filled and done, and the response around them.

    Tool calls stay open until Finished, since other dialects may interleave them with anything.
    The response ends with Ended, which is to be written also where the upstream closed right after
    Finished.
    """

    def __init__(self, request: ChatRequest) -> None:
        """`request` is the client's: its settings are echoed in the response object."""
        self._asked: Object = msgspec.json.decode(request.body)
        self._custom = custom_tools.declared(request.body)
        self._model = request.model
        self._id = ""
        self._response: Object = {}
        self._sequence = -1
        self._output: dict[int, Object] = {}
        self._places = 0
        self._message: _Message | None = None
        self._thought: _Thought | None = None
        self._calls: dict[int, _Call] = {}
        self._refused = False
        self._usage: Usage | None = None
        self._finish: Finished | None = None

    def write(self, event: Event) -> bytes:
        """Write one event; see codec.StreamWriter."""
        handler = self._HANDLERS.get(type(event))
        return handler(self, event) if handler else b""

    def _started(self, event: Started) -> bytes:
        """Only remember: a target that fails before its first content leaves no trace."""
        self._id = event.id
        self._model = event.model or self._model
        return b""

    def _text(self, event: TextDelta) -> bytes:
        return self._content("output_text", event.text)

    def _refusal(self, event: RefusalDelta) -> bytes:
        self._refused = True
        return self._content("refusal", event.text)

    def _content(self, kind: str, text: str) -> bytes:
        out = self._thought_done()
        if self._message is None:
            place = self._place()
            message = self._message = _Message(id=self._item_id("msg", place), place=place)
            out += self._added(place, envelope.message(message.id, [], "in_progress"))
        else:
            message = self._message
        if message.kind != kind:
            out += self._part_done(message)
            message.kind, message.text = kind, ""
            out += self._part("response.content_part.added", message)
        message.text += text
        delta: Object = {**_where(message), "content_index": len(message.done), "delta": text}
        if kind == "output_text":
            delta["logprobs"] = []
        return out + self._event(f"response.{kind}.delta", delta)

    def _part(self, event: str, message: _Message) -> bytes:
        part = _part_of(message)
        return self._event(event, {**_where(message), "content_index": len(message.done), "part": part})

    def _part_done(self, message: _Message) -> bytes:
        if not message.kind:
            return b""
        where: Object = {**_where(message), "content_index": len(message.done)}
        if message.kind == "refusal":
            text: Object = {"refusal": message.text}
        else:
            text = {"text": message.text, "logprobs": []}
        out = self._event(f"response.{message.kind}.done", {**where, **text})
        out += self._part("response.content_part.done", message)
        message.done.append(_part_of(message))
        return out

    def _message_done(self) -> bytes:
        message, self._message = self._message, None
        if message is None:
            return b""
        return self._part_done(message) + self._done(
            message.place, envelope.message(message.id, message.done)
        )

    def _reasoning(self, event: ReasoningDelta) -> bytes:
        out = self._message_done()
        if self._thought is None:
            place = self._place()
            thought = self._thought = _Thought(id=event.id or self._item_id("rs", place), place=place)
            out += self._added(place, envelope.reasoning(Reasoning(), thought.id))
        else:
            thought = self._thought
        if event.text:
            out += self._summary(thought, event.text)
        thought.signature = event.signature
        thought.encrypted = event.encrypted
        sealed = event.signature or event.encrypted  # which ends it: what follows is another item
        return out + self._thought_done(from_provider=event.id) if sealed else out

    def _summary(self, thought: _Thought, text: str) -> bytes:
        where: Object = {**_where(thought), "summary_index": 0}
        out = b""
        if not thought.text:
            part = {"type": "summary_text", "text": ""}
            out = self._event("response.reasoning_summary_part.added", {**where, "part": part})
        thought.text += text
        return out + self._event("response.reasoning_summary_text.delta", {**where, "delta": text})

    def _thought_done(self, from_provider: str | None = None) -> bytes:
        thought, self._thought = self._thought, None
        if thought is None:
            return b""
        out = b""
        if thought.text:
            where: Object = {**_where(thought), "summary_index": 0}
            part = {"type": "summary_text", "text": thought.text}
            out = self._event("response.reasoning_summary_text.done", {**where, "text": thought.text})
            out += self._event("response.reasoning_summary_part.done", {**where, "part": part})
        part_ = Reasoning(
            text=thought.text, signature=thought.signature, encrypted=thought.encrypted, id=from_provider
        )
        return out + self._done(thought.place, {**envelope.reasoning(part_, thought.id), "id": thought.id})

    def _call_started(self, event: ToolCallStarted) -> bytes:
        out = self._message_done() + self._thought_done()
        place = self._place()
        custom = event.custom or event.name in self._custom
        identity = event.item_id or self._item_id("ctc" if custom else "fc", place)
        unwrap = custom and not event.custom
        call = self._calls[event.index] = _Call(started=event, id=identity, place=place, unwrap=unwrap)
        return out + self._added(place, self._call_item(call, "in_progress"))

    def _call_delta(self, event: ToolCallDelta) -> bytes:
        call = self._calls.get(event.index)
        if call is None:
            return b""
        call.said += event.arguments
        return b"" if call.unwrap else self._call_text(call, event.arguments)

    def _call_text(self, call: _Call, text: str) -> bytes:
        kind = "custom_tool_call_input" if self._is_custom(call) else "function_call_arguments"
        return self._event(f"response.{kind}.delta", {**_where(call), "delta": text})

    def _is_custom(self, call: _Call) -> bool:
        return call.unwrap or call.started.custom

    def _call_item(self, call: _Call, status: str) -> Object:
        part = ToolCall(
            id=call.started.id,
            name=call.started.name,
            arguments=custom_tools.unwrapped(call.said) if call.unwrap else call.said,
            custom=self._is_custom(call),
            item_id=call.id,
        )
        return envelope.call(part, call.id, frozenset(), status)

    def _calls_done(self) -> bytes:
        calls, self._calls = self._calls, {}
        return b"".join(map(self._call_done, calls.values()))

    def _call_done(self, call: _Call) -> bytes:
        item = self._call_item(call, "completed")
        if self._is_custom(call):
            text: str = item["input"]
            out = self._call_text(call, text) if call.unwrap and text else b""
            out += self._event("response.custom_tool_call_input.done", {**_where(call), "input": text})
        else:
            done: Object = {**_where(call), "name": item["name"], "arguments": item["arguments"]}
            out = self._event("response.function_call_arguments.done", done)
        return out + self._done(call.place, item)

    def _finished(self, event: Finished) -> bytes:
        self._finish = event
        return self._begin() + self._message_done() + self._thought_done() + self._calls_done()

    def _counted(self, event: UsageSeen) -> bytes:
        self._usage = event.usage
        return b""

    def _end(self, _event: Ended) -> bytes:
        finish = self._finish
        if finish is None:
            return b""  # nothing proper to end: a failure follows
        output = [self._output[place] for place in sorted(self._output)]
        response = envelope.ended(
            self._response, finish.reason, output, self._usage, int(time.time()), refused=self._refused
        )
        return self._event(f"response.{response['status']}", {"response": response})

    def _place(self) -> int:
        self._places += 1
        return self._places - 1

    def _item_id(self, kind: str, place: int) -> str:
        identity = self._id = envelope.identity_of(self._id)
        return f"{kind}_{identity.removeprefix('resp_')}_{place}"

    def _added(self, place: int, item: Object) -> bytes:
        begun = self._begin()
        return begun + self._event("response.output_item.added", {"output_index": place, "item": item})

    def _done(self, place: int, item: Object) -> bytes:
        self._output[place] = item
        return self._event("response.output_item.done", {"output_index": place, "item": item})

    def _begin(self) -> bytes:
        if self._response:
            return b""
        self._id = envelope.identity_of(self._id)
        self._response = envelope.around(self._id, self._model, int(time.time()), self._asked)
        created = self._event("response.created", {"response": self._response})
        return created + self._event("response.in_progress", {"response": self._response})

    def _event(self, kind: str, members: Object) -> bytes:
        self._sequence += 1
        return sse.event_frame(kind, _encode({"type": kind, "sequence_number": self._sequence, **members}))

    _HANDLERS: ClassVar[Mapping[type, Callable[..., bytes]]] = {
        Started: _started,
        TextDelta: _text,
        RefusalDelta: _refusal,
        ReasoningDelta: _reasoning,
        ToolCallStarted: _call_started,
        ToolCallDelta: _call_delta,
        Finished: _finished,
        UsageSeen: _counted,
        Ended: _end,
    }


def _where(item: _Message | _Thought | _Call) -> Object:
    return {"item_id": item.id, "output_index": item.place}


def _part_of(message: _Message) -> Object:
    if message.kind == "refusal":
        return envelope.content(Refusal(text=message.text))
    return envelope.content(Text(text=message.text))

"""Writes a stream of Messages events."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal

import msgspec

from penstock.domain.chat import (
    ChatRequest,
    Ended,
    Event,
    Finished,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.domain.identity import new_id
from penstock.domain.usage import Usage
from penstock.wire import sealed, sse, usage
from penstock.wire.anthropic_messages.reply import stop_reason

Object = dict[str, Any]  # wire: an event, or a part of one
_encode = msgspec.json.Encoder().encode
_NOTHING: Final = Usage()


class _Call(msgspec.Struct):
    """A tool call and what of its arguments was not written yet."""

    started: ToolCallStarted
    said: str = ""
    held: str = ""

    def is_whole(self) -> bool:
        """Say whether the arguments are complete JSON, so that nothing more can come."""
        if self.started.custom:
            return False
        try:
            msgspec.json.decode(self.said)
        except ValueError:
            return False
        return True


class Writer:
    """State of one stream: blocks one after another, each started, filled and stopped.

    What other dialects may interleave with a tool call is held back until that call is whole.
    The message ends with Ended, which is to be written also where the upstream closed right after
    Finished.
    """

    def __init__(self, request: ChatRequest) -> None:
        """`request` is the client's; its model stands in until the provider names one."""
        self._model = request.model
        self._id = ""
        self._begun = False
        self._block = -1
        self._open: Literal["text", "thinking", "call"] | None = None
        self._calls: dict[int, _Call] = {}
        self._current: int | None = None
        self._waiting: list[int] = []
        self._later: list[Event] = []
        self._usage: Usage | None = None
        self._finish: Finished | None = None

    def write(self, event: Event) -> bytes:
        """Write one event; see codec.StreamWriter."""
        if isinstance(event, TextDelta | RefusalDelta | ReasoningDelta) and not self._calls_are_whole():
            self._later.append(event)
            return b""
        handler = self._HANDLERS.get(type(event))
        return handler(self, event) if handler else b""

    def _calls_are_whole(self) -> bool:
        unstopped = self._waiting if self._current is None else [self._current, *self._waiting]
        return all(self._calls[index].is_whole() for index in unstopped)

    def _started(self, event: Started) -> bytes:
        """Only remember: a target that fails before its first content leaves no trace."""
        self._id = event.id
        self._model = event.model or self._model
        return b""

    def _text(self, event: TextDelta | RefusalDelta) -> bytes:
        opened = b"" if self._open == "text" else self._start("text", {"type": "text", "text": ""})
        return opened + self._delta({"type": "text_delta", "text": event.text})

    def _reasoning(self, event: ReasoningDelta) -> bytes:
        if event.encrypted and not (event.text or event.id or event.signature):
            block = {"type": "redacted_thinking", "data": event.encrypted}
            return self._start("thinking", block) + self._stop()
        out = b""
        if self._open != "thinking":
            out = self._start("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        if event.text:
            out += self._delta({"type": "thinking_delta", "thinking": event.text})
        part = Reasoning(signature=event.signature, encrypted=event.encrypted, id=event.id)
        signature = sealed.signature(part)
        if signature:  # it seals the block: thinking that follows is another one
            out += self._delta({"type": "signature_delta", "signature": signature}) + self._stop()
        return out

    def _call_started(self, event: ToolCallStarted) -> bytes:
        self._calls[event.index] = _Call(started=event)
        if self._current is not None and (self._waiting or not self._calls[self._current].is_whole()):
            self._waiting.append(event.index)
            return b""
        return self._call_open(event.index)

    def _call_open(self, index: int) -> bytes:
        call = self._calls[index]
        head = {"type": "tool_use", "id": call.started.id, "name": call.started.name, "input": {}}
        out = self._start("call", head)
        self._current = index
        if call.started.custom:
            out += self._json('{"input":"')
        text, call.held = call.held, ""
        return out + self._arguments(call, text)

    def _call_delta(self, event: ToolCallDelta) -> bytes:
        call = self._calls.get(event.index)
        if call is None:
            return b""
        call.said += event.arguments
        if event.index != self._current:
            call.held += event.arguments
            return b""
        return self._arguments(call, event.arguments)

    def _arguments(self, call: _Call, text: str) -> bytes:
        if call.started.custom:  # free text: a JSON string, written piece by piece
            text = _encode(text).decode()[1:-1]
        return self._json(text) if text else b""

    def _json(self, piece: str) -> bytes:
        return self._delta({"type": "input_json_delta", "partial_json": piece})

    def _finished(self, event: Finished) -> bytes:
        self._finish = event
        out = self._begin() + self._close_all()
        later, self._later = self._later, []
        return out + b"".join(map(self.write, later)) + self._stop()

    def _counted(self, event: UsageSeen) -> bytes:
        self._usage = event.usage
        return b""

    def _end(self, _event: Ended) -> bytes:
        finish = self._finish
        if finish is None:
            return b""  # nothing proper to end: a failure follows
        reason = stop_reason(finish.reason, finish.stop_sequence)
        delta = {"stop_reason": reason, "stop_sequence": finish.stop_sequence}
        counts = usage.to_anthropic(self._usage or _NOTHING)
        last = self._frame("message_delta", {"delta": delta, "usage": counts})
        return last + self._frame("message_stop", {})

    def _start(self, kind: Literal["text", "thinking", "call"], block: Object) -> bytes:
        out = self._begin()
        # Between two calls there is only the one to stop; those that wait come in their turn.
        out += self._stop() if kind == "call" else self._close_all()
        self._block += 1
        self._open = kind
        return out + self._frame("content_block_start", {"index": self._block, "content_block": block})

    def _delta(self, delta: Object) -> bytes:
        return self._frame("content_block_delta", {"index": self._block, "delta": delta})

    def _stop(self) -> bytes:
        if self._open is None:
            return b""
        out = b""
        if self._current is not None and self._calls[self._current].started.custom:
            out = self._json('"}')
        self._open = self._current = None
        return out + self._frame("content_block_stop", {"index": self._block})

    def _close_all(self) -> bytes:
        out = self._stop()
        waiting, self._waiting = self._waiting, []
        for index in waiting:
            out += self._call_open(index) + self._stop()
        return out

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        message: Object = {
            "id": self._id or f"msg_{new_id()}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage.to_anthropic(self._usage or _NOTHING),
        }
        return self._frame("message_start", {"message": message})

    def _frame(self, kind: str, members: Object) -> bytes:
        return sse.event_frame(kind, _encode({"type": kind, **members}))

    _HANDLERS: ClassVar[Mapping[type, Callable[..., bytes]]] = {
        Started: _started,
        TextDelta: _text,
        RefusalDelta: _text,
        ReasoningDelta: _reasoning,
        ToolCallStarted: _call_started,
        ToolCallDelta: _call_delta,
        Finished: _finished,
        UsageSeen: _counted,
        Ended: _end,
    }

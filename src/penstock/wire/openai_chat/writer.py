"""Writes a stream of chat completion chunks."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from penstock.domain.chat import (
    ChatRequest,
    Ended,
    Event,
    Finished,
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
from penstock.wire import custom_tools, sse, usage
from penstock.wire.openai_chat.reply import FINISH_WORDS

Object = dict[str, Any]  # wire: a chunk, or a part of one
_encode = msgspec.json.Encoder().encode


class Writer:
    """State of one stream: the role goes out with the first content, usage and [DONE] with Ended.

    Ended is to be written also where the upstream closed right after Finished.
    """

    def __init__(self, request: ChatRequest) -> None:
        """`request` is the client's: whether it wants usage, and which of its tools take free text."""
        self._wants_usage = request.wants_usage
        self._custom = custom_tools.declared(request.body)
        self._model = request.model
        self._id = ""
        self._created = int(time.time())
        self._begun = False
        self._refused = False
        self._finished = False
        self._usage: Usage | None = None
        self._held: dict[int, str] = {}
        self._free_text: set[int] = set()

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
        return self._delta({"content": event.text})

    def _refusal(self, event: RefusalDelta) -> bytes:
        self._refused = True
        return self._delta({"refusal": event.text})

    def _reasoning(self, event: ReasoningDelta) -> bytes:
        out = self._delta({"reasoning_content": event.text}) if event.text else b""
        details: list[Object] = []
        if event.signature:
            details.append({"type": "reasoning.text", "signature": event.signature})
        if event.encrypted:
            details.append({"type": "reasoning.encrypted", "data": event.encrypted, "id": event.id})
        return out + self._delta({"reasoning_details": details}) if details else out

    def _call_started(self, event: ToolCallStarted) -> bytes:
        head: Object = {"index": event.index, "id": event.id}
        if event.custom or event.name in self._custom:
            self._free_text.add(event.index)
            if not event.custom:
                self._held[event.index] = ""
            call = {**head, "type": "custom", "custom": {"name": event.name, "input": ""}}
        else:
            call = {**head, "type": "function", "function": {"name": event.name, "arguments": ""}}
        return self._delta({"tool_calls": [call]})

    def _call_delta(self, event: ToolCallDelta) -> bytes:
        if event.index in self._held:  # a function's arguments, to be unwrapped when they are whole
            self._held[event.index] += event.arguments
            return b""
        return self._arguments(event.index, event.arguments)

    def _arguments(self, index: int, text: str) -> bytes:
        piece = {"custom": {"input": text}} if index in self._free_text else {"function": {"arguments": text}}
        return self._delta({"tool_calls": [{"index": index, **piece}]})

    def _finish(self, event: Finished) -> bytes:
        held = [self._arguments(index, custom_tools.unwrapped(text)) for index, text in self._held.items()]
        self._finished = True
        word = FINISH_WORDS[event.reason]
        if event.reason == "refusal" and not self._refused:
            word = "content_filter"  # no other word of OpenAI's says that the model was stopped
        return b"".join(held) + self._delta({}, finish=word)

    def _counted(self, event: UsageSeen) -> bytes:
        self._usage = event.usage
        return b""

    def _end(self, _event: Ended) -> bytes:
        if not self._finished:
            return b""  # nothing proper to end: a failure follows
        counted = b""
        if self._wants_usage and self._usage is not None:
            members: Object = {"choices": [], "usage": usage.to_chat(self._usage)}
            counted = sse.data_frame(_encode({**self._head(), **members}))
        return counted + sse.DONE

    def _delta(self, delta: Object, finish: str | None = None) -> bytes:
        if self._begun:
            return self._frame(delta, finish)
        self._begun = True
        self._id = self._id or f"chatcmpl-{new_id()}"
        return self._frame({"role": "assistant", "content": ""}, None) + self._frame(delta, finish)

    def _frame(self, delta: Object, finish: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk: Object = {**self._head(), "choices": [choice]}
        if self._wants_usage:
            chunk["usage"] = None
        return sse.data_frame(_encode(chunk))

    def _head(self) -> Object:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
        }

    _HANDLERS: ClassVar[Mapping[type, Callable[..., bytes]]] = {
        Started: _started,
        TextDelta: _text,
        RefusalDelta: _refusal,
        ReasoningDelta: _reasoning,
        ToolCallStarted: _call_started,
        ToolCallDelta: _call_delta,
        Finished: _finish,
        UsageSeen: _counted,
        Ended: _end,
    }

"""The dialect-free conversation -> a Responses request."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from penstock.domain.chat import (
    Conversation,
    Media,
    Message,
    Part,
    Reasoning,
    Refusal,
    ResponseFormat,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.wire import effort, leftovers, media
from penstock.wire.codec import Encoded, Quirks

Object = dict[str, Any]  # wire: a request, or a part of one

_LEAST_OUTPUT: Final = 16
_LACKING: Final = ("seed", "top_k")


def request(conversation: Conversation, model: str, quirks: Quirks) -> Encoded:
    """Write the request. What Responses has no place for is named in `dropped`.

    Nothing is stored at the provider: the conversation comes whole each time, and reasoning comes
    back encrypted.
    """
    dropped = [name for name in _LACKING if getattr(conversation, name) is not None]
    if conversation.stop:
        dropped.append("stop")
    messages = conversation.messages
    body: Object = {"model": model}
    if messages and messages[0].role == "system" and _is_plain(messages[0]):
        body["instructions"] = "".join(part.text for part in messages[0].parts if isinstance(part, Text))
        messages = messages[1:]
    body["input"] = _Writing(dropped).items(messages)
    body |= {name: value for name, value in _settings(conversation, dropped).items() if value is not None}
    if conversation.tools:
        body["tools"] = [_tool(tool) for tool in conversation.tools]
        body |= _tool_settings(conversation)
    body["store"] = False
    if conversation.stream:
        body["stream"] = True
    refused = leftovers.refused(body, quirks.drop)
    found = leftovers.unique(conversation.dropped, dropped, refused)
    return Encoded(body=msgspec.json.encode(body), dropped=found)


def _settings(conversation: Conversation, dropped: list[str]) -> Object:
    cap = conversation.max_output_tokens
    if cap is not None and cap < _LEAST_OUTPUT:
        cap = _LEAST_OUTPUT
        dropped.append("max_output_tokens")
    thinking = conversation.reasoning_effort
    if thinking is None and conversation.reasoning_tokens is not None:
        thinking = effort.named(conversation.reasoning_tokens)
    text: Object = {}
    if conversation.response_format is not None:
        text["format"] = _format(conversation.response_format)
    if conversation.verbosity is not None:
        text["verbosity"] = conversation.verbosity
    return {
        "max_output_tokens": cap,
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "text": text or None,
        "reasoning": {"effort": "xhigh" if thinking == "max" else thinking} if thinking else None,
        "include": ["reasoning.encrypted_content"] if thinking and thinking != "none" else None,
        "user": conversation.user,
        "metadata": conversation.metadata,
        "service_tier": conversation.service_tier,
    }


def _tool_settings(conversation: Conversation) -> Object:
    choice = conversation.tool_choice
    settings: Object = {}
    if choice is not None and choice.startswith("tool:"):
        name = choice.removeprefix("tool:")
        custom = any(tool.custom for tool in conversation.tools if tool.name == name)
        settings["tool_choice"] = {"type": "custom" if custom else "function", "name": name}
    elif choice is not None:
        settings["tool_choice"] = choice
    if conversation.parallel_tool_calls is not None:
        settings["parallel_tool_calls"] = conversation.parallel_tool_calls
    return settings


def _tool(tool: Tool) -> Object:
    """Write a tool. Here functions are strict unless it is said that they are not."""
    described = {"description": tool.description} if tool.description is not None else {}
    if tool.custom:
        return {"type": "custom", "name": tool.name, **described}
    return {
        "type": "function",
        "name": tool.name,
        **described,
        "parameters": tool.parameters or {"type": "object", "properties": {}},
        "strict": tool.strict is True,
    }


def _format(asked: ResponseFormat) -> Object:
    if asked.schema is None:
        return {"type": "json_object"}
    form: Object = {"type": "json_schema", "name": asked.name, "schema": asked.schema}
    if asked.strict is not None:
        form["strict"] = asked.strict
    if asked.description is not None:
        form["description"] = asked.description
    return form


def _is_plain(message: Message) -> bool:
    return all(isinstance(part, Text) for part in message.parts)


class _Writing:
    """Writes messages as items, and notes what could not be written."""

    def __init__(self, dropped: list[str]) -> None:
        self._dropped = dropped

    def items(self, messages: Sequence[Message]) -> list[Object]:
        """Write all messages."""
        return [item for message in messages for item in self._message(message)]

    def _message(self, message: Message) -> Iterator[Object]:
        """Write a message: its text as one item until a call or reasoning comes between."""
        said: list[Object] = []
        for part in message.parts:
            if isinstance(part, Text | Media | Refusal):
                said.append(self._content(part, message.role))
                continue
            if said:
                yield {"type": "message", "role": message.role, "content": said}
                said = []
            yield from self._item(part)
        if said:
            yield {"type": "message", "role": message.role, "content": said}

    def _item(self, part: Part) -> Iterator[Object]:
        if isinstance(part, ToolCall):
            yield self._call(part)
        elif isinstance(part, ToolResult):
            yield self._result(part)
        elif isinstance(part, Reasoning) and part.id and part.encrypted and not part.signature:
            summary = [{"type": "summary_text", "text": part.text}] if part.text else []
            yield {
                "type": "reasoning",
                "id": part.id,
                "summary": summary,
                "encrypted_content": part.encrypted,
            }

    def _call(self, call: ToolCall) -> Object:
        if call.custom:
            head: Object = {"type": "custom_tool_call", "call_id": call.id, "name": call.name}
            return {**head, "input": call.arguments}
        head = {"type": "function_call", "call_id": call.id, "name": call.name}
        return {**head, "arguments": call.arguments}

    def _result(self, result: ToolResult) -> Object:
        if result.is_error:
            self._dropped.append("tool_result.is_error")
        output: str | list[Object] = [self._content(part, "user") for part in result.parts]
        if len(result.parts) == 1 and isinstance(result.parts[0], Text):
            output = result.parts[0].text
        kind = "custom_tool_call_output" if result.custom else "function_call_output"
        return {"type": kind, "call_id": result.call_id, "output": output or ""}

    def _content(self, part: Text | Media | Refusal, role: str) -> Object:
        if isinstance(part, Refusal):
            return {"type": "refusal", "refusal": part.text}
        if isinstance(part, Media):
            return _media(part)
        if part.cache_control is not None:
            self._dropped.append("cache_control")
        if role == "assistant":
            return {"type": "output_text", "text": part.text, "annotations": []}
        return {"type": "input_text", "text": part.text}


def _media(part: Media) -> Object:
    if part.kind == "audio":
        sound = {"data": part.data or "", "format": media.audio_format(part)}
        return {"type": "input_audio", "input_audio": sound}
    url = media.to_url(part) or None
    if part.kind == "image":
        image: Object = {"type": "input_image", "detail": part.detail or "auto"}
        return {**image, **_set(image_url=url, file_id=part.file_id)}
    if part.data is not None:
        return {"type": "input_file", "filename": part.filename or "document.pdf", "file_data": url}
    return {"type": "input_file", **_set(file_url=url, file_id=part.file_id)}


def _set(**members: str | None) -> Object:
    return {name: value for name, value in members.items() if value is not None}

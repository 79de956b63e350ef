"""The dialect-free conversation -> a chat completion request."""

from collections.abc import Sequence
from typing import Any

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
from penstock.failures import InvalidRequest
from penstock.wire import custom_tools, effort, leftovers, media
from penstock.wire.codec import Encoded, Quirks
from penstock.wire.openai_chat.reply import call_object

Object = dict[str, Any]  # wire: a request, or a part of one


def request(conversation: Conversation, model: str, quirks: Quirks) -> Encoded:
    """Write the request. What chat completions have no place for is named in `dropped`."""
    writing = _Writing(quirks)
    body: Object = {"model": model, "messages": writing.messages(conversation.messages)}
    body |= {name: value for name, value in _settings(conversation, quirks).items() if value is not None}
    if conversation.tools:
        body["tools"] = [_tool(tool) for tool in conversation.tools]
        body |= _tool_settings(conversation)
    if conversation.stream:
        body["stream"] = True
        if quirks.stream_usage:
            body["stream_options"] = {"include_usage": True}
    refused = leftovers.refused(body, quirks.drop)
    untold = ["top_k"] if conversation.top_k is not None else []
    dropped = leftovers.unique(conversation.dropped, untold, writing.dropped, refused)
    return Encoded(body=msgspec.json.encode(body), dropped=dropped)


def _settings(conversation: Conversation, quirks: Quirks) -> Object:
    thinking = conversation.reasoning_effort
    if thinking is None and conversation.reasoning_tokens is not None:
        thinking = effort.named(conversation.reasoning_tokens)
    return {
        quirks.max_tokens_field: conversation.max_output_tokens,
        "temperature": conversation.temperature,
        "top_p": conversation.top_p,
        "stop": list(conversation.stop) or None,
        "seed": conversation.seed,
        "response_format": _format(conversation.response_format),
        "reasoning_effort": "xhigh" if thinking == "max" else thinking,
        "verbosity": conversation.verbosity,
        "user": conversation.user,
        "metadata": conversation.metadata,
        "service_tier": conversation.service_tier,
    }


def _tool_settings(conversation: Conversation) -> Object:
    choice = conversation.tool_choice
    settings: Object = {}
    if choice is not None and choice.startswith("tool:"):
        settings["tool_choice"] = {"type": "function", "function": {"name": choice.removeprefix("tool:")}}
    elif choice is not None:
        settings["tool_choice"] = choice
    if conversation.parallel_tool_calls is not None:
        settings["parallel_tool_calls"] = conversation.parallel_tool_calls
    return settings


def _tool(tool: Tool) -> Object:
    """Write a function. A custom tool becomes one: few servers besides OpenAI's know the other kind."""
    function: Object = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    parameters = custom_tools.PARAMETERS if tool.custom else tool.parameters
    if parameters is not None:
        function["parameters"] = parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _format(asked: ResponseFormat | None) -> Object | None:
    if asked is None:
        return None
    if asked.schema is None:
        return {"type": "json_object"}
    schema: Object = {"name": asked.name, "schema": asked.schema}
    if asked.strict is not None:
        schema["strict"] = asked.strict
    if asked.description is not None:
        schema["description"] = asked.description
    return {"type": "json_schema", "json_schema": schema}


class _Writing:
    """Writes messages, and notes what could not be written."""

    def __init__(self, quirks: Quirks) -> None:
        self._quirks = quirks
        self.dropped: list[str] = []

    def messages(self, messages: Sequence[Message]) -> list[Object]:
        """Write all messages. Media in tool results follow them as a user's, where they are allowed."""
        found: list[Object] = []
        shown: list[Object] = []
        for message in messages:
            if message.role == "tool":
                results = [part for part in message.parts if isinstance(part, ToolResult)]
                found += [self._result(part) for part in results]
                shown += [self._part(part) for result in results for part in result.parts if _is_media(part)]
                continue
            if shown:
                found.append({"role": "user", "content": shown})
                shown = []
            found.append(self._message(message))
        return [*found, {"role": "user", "content": shown}] if shown else found

    def _message(self, message: Message) -> Object:
        if message.role == "assistant":
            return self._assistant(message)
        plain = message.role == "developer" and not self._quirks.developer_role
        written: Object = {
            "role": "system" if plain else message.role,
            "content": self._content(message.parts),
        }
        return {**written, "name": message.name} if message.name else written

    def _assistant(self, message: Message) -> Object:
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        said = [part for part in message.parts if isinstance(part, Text | Media)]
        refusal = "".join(part.text for part in message.parts if isinstance(part, Refusal))
        written: Object = {"role": "assistant", "content": self._content(said) if said else None}
        if not (said or calls or refusal):
            written["content"] = ""
        if refusal:
            written["refusal"] = refusal
        if calls:
            written["tool_calls"] = [call_object(_as_function(call)) for call in calls]
        if message.name:
            written["name"] = message.name
        return written | self._reasoning(message)

    def _reasoning(self, message: Message) -> Object:
        """Hand back the reasoning to the providers that want it; the others refuse the field."""
        text = "".join(part.text for part in message.parts if isinstance(part, Reasoning))
        field = self._quirks.reasoning_field
        return {field: text} if field and text else {}

    def _result(self, result: ToolResult) -> Object:
        if result.is_error:
            self.dropped.append("tool_result.is_error")
        texts = [part for part in result.parts if isinstance(part, Text)]
        content = self._content(texts) if texts else ""
        if len(texts) < len(result.parts):
            content = content or "(shown in the next message)"
        return {"role": "tool", "tool_call_id": result.call_id, "content": content}

    def _content(self, parts: Sequence[Part]) -> str | list[Object]:
        if len(parts) == 1 and isinstance(parts[0], Text):
            self._mark(parts[0])
            return parts[0].text
        return [self._part(part) for part in parts if isinstance(part, Text | Media)] or ""

    def _part(self, part: Text | Media) -> Object:
        if isinstance(part, Text):
            self._mark(part)
            return {"type": "text", "text": part.text}
        if part.kind == "image":
            image: Object = {"url": media.to_url(part)}
            return {"type": "image_url", "image_url": {**image, **_set(detail=part.detail)}}
        if part.kind == "audio":
            sound = {"data": part.data or "", "format": media.audio_format(part)}
            return {"type": "input_audio", "input_audio": sound}
        if part.url is not None:
            message = "A document by address cannot be translated: chat completions take its content."
            raise InvalidRequest(message, param="messages")
        data = media.to_url(part) if part.data is not None else None
        name = part.filename or ("document.pdf" if data else None)
        return {"type": "file", "file": _set(file_data=data, file_id=part.file_id, filename=name)}

    def _mark(self, part: Text) -> None:
        if part.cache_control is not None:
            self.dropped.append("cache_control")


def _is_media(part: Text | Media) -> bool:
    return isinstance(part, Media)


def _set(**members: str | None) -> Object:
    return {name: value for name, value in members.items() if value is not None}


def _as_function(call: ToolCall) -> ToolCall:
    if not call.custom:
        return call
    return msgspec.structs.replace(call, custom=False, arguments=custom_tools.wrapped(call.arguments))

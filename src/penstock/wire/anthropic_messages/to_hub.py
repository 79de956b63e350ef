"""A Messages request -> the dialect-free conversation."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from penstock.domain.chat import (
    Conversation,
    Media,
    Message,
    Part,
    Reasoning,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.failures import InvalidRequest
from penstock.wire import json_body, leftovers, sealed

Object = dict[str, Any]  # wire: an object that is passed on as it is


class _Source(msgspec.Struct):
    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: "str | list[_Block] | None" = None


class _Block(msgspec.Struct):
    type: str
    text: str | None = None
    cache_control: Object | None = None
    source: _Source | str | None = None
    title: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw()
    tool_use_id: str | None = None
    content: "str | list[_Block] | Object | None" = None
    is_error: bool | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Tool(msgspec.Struct):
    name: str
    type: str | None = None
    description: str | None = None
    input_schema: Object | None = None
    strict: bool | None = None


class _Choice(msgspec.Struct):
    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class _Thinking(msgspec.Struct):
    type: str
    budget_tokens: int | None = None


class _Format(msgspec.Struct):
    type: str
    schema: Object | None = None


class _Output(msgspec.Struct):
    format: _Format | None = None
    effort: str | None = None


class _Metadata(msgspec.Struct):
    user_id: str | None = None


class _Body(msgspec.Struct):
    messages: list[_Message]
    system: str | list[_Block] | None = None
    max_tokens: int | None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    tools: list[_Tool] | None = None
    tool_choice: _Choice | None = None
    thinking: _Thinking | None = None
    output_config: _Output | None = None
    output_format: _Format | None = None
    metadata: _Metadata | None = None
    service_tier: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Body)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, Any])  # wire: only looked at for what is set
_KNOWN: Final = {*_Body.__struct_fields__, "model"}
_ROLES: Final[dict[str, Role]] = {"user": "user", "assistant": "assistant", "system": "system"}
_TIERS: Final = {"auto": "auto", "standard_only": "default"}


def conversation(body: bytes) -> Conversation:
    """Read a request that `read` has accepted. Raises InvalidRequest for what cannot be translated."""
    asked = json_body.read(body, _DECODER)
    reading = _Reading()
    messages = reading.system(asked.system)
    for at, message in enumerate(asked.messages):
        messages += reading.message(message, at)
    tools = tuple(tool for found in asked.tools or () for tool in reading.tool(found))
    output = asked.output_config or _Output()
    thinking = asked.thinking or _Thinking(type="disabled")
    choice = asked.tool_choice
    return Conversation(
        messages=tuple(messages),
        tools=tools,
        tool_choice=_tool_choice(choice),
        parallel_tool_calls=False if choice is not None and choice.disable_parallel_tool_use else None,
        max_output_tokens=asked.max_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        stop=tuple(asked.stop_sequences or ()),
        response_format=_format(output.format or asked.output_format),
        reasoning_effort=output.effort or ("medium" if thinking.type == "adaptive" else None),
        reasoning_tokens=thinking.budget_tokens if thinking.type == "enabled" else None,
        user=asked.metadata.user_id if asked.metadata else None,
        service_tier=_TIERS.get(asked.service_tier or ""),
        stream=asked.stream is True,
        dropped=leftovers.unique(leftovers.unknown(_MEMBERS.decode(body), _KNOWN), reading.dropped),
    )


def _tool_choice(choice: _Choice | None) -> str | None:
    if choice is None:
        return None
    if choice.type == "tool":
        return f"tool:{choice.name}"
    return "required" if choice.type == "any" else choice.type


def _format(asked: _Format | None) -> ResponseFormat | None:
    return ResponseFormat(schema=asked.schema, strict=True) if asked and asked.schema is not None else None


class _Reading:
    """Reads blocks, and notes those that have no place in the hub."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def system(self, system: str | list[_Block] | None) -> list[Message]:
        """Read the system prompt as the first message."""
        parts = self._parts(system or "", "system")
        return [Message(role="system", parts=tuple(parts))] if parts else []

    def message(self, message: _Message, at: int) -> list[Message]:
        """Read a message; each tool result in it becomes one of its own, ahead of the rest."""
        role = _ROLES.get(message.role)
        where = f"messages[{at}]"
        if role is None:
            reason = f"'{where}.role': {message.role!r} is not a role."
            raise InvalidRequest(reason, param=f"{where}.role")
        parts = self._parts(message.content, f"{where}.content")
        results = [part for part in parts if isinstance(part, ToolResult)]
        others = tuple(part for part in parts if not isinstance(part, ToolResult))
        found = [Message(role="tool", parts=(result,)) for result in results]
        return [*found, Message(role=role, parts=others)] if others or not results else found

    def tool(self, tool: _Tool) -> list[Tool]:
        """Read a tool of the client's; those that run at the provider have no counterpart."""
        if tool.type not in (None, "custom"):
            self.dropped.append(f"tools.{tool.type}")
            return []
        return [
            Tool(
                name=tool.name, description=tool.description, parameters=tool.input_schema, strict=tool.strict
            )
        ]

    def _parts(self, content: str | Sequence[_Block], where: str) -> list[Part]:
        if isinstance(content, str):
            return [Text(text=content)] if content else []
        return [part for at, block in enumerate(content) for part in self._block(block, f"{where}[{at}]")]

    def _block(self, block: _Block, where: str) -> list[Part]:
        if block.type == "text":
            return [Text(text=block.text or "", cache_control=block.cache_control)]
        if block.type == "tool_use":
            arguments = bytes(block.input).decode() or "{}"
            return [ToolCall(id=block.id or "", name=block.name or "", arguments=arguments)]
        if block.type == "tool_result":
            return [self._result(block, where)]
        if block.type == "thinking":
            return [sealed.opened(block.thinking or "", block.signature)]
        if block.type == "redacted_thinking":
            return [Reasoning(encrypted=block.data)]
        if block.type in ("image", "document") and isinstance(block.source, _Source):
            return self._media(block, block.source, where)
        self.dropped.append(f"content.{block.type}")
        return []

    def _result(self, block: _Block, where: str) -> ToolResult:
        if block.tool_use_id is None:
            raise InvalidRequest(f"'{where}.tool_use_id' is required.", param=f"{where}.tool_use_id")
        content = block.content if isinstance(block.content, str | list) else ""
        parts = [part for part in self._parts(content, f"{where}.content") if isinstance(part, Text | Media)]
        return ToolResult(call_id=block.tool_use_id, parts=tuple(parts), is_error=block.is_error is True)

    def _media(self, block: _Block, source: _Source, where: str) -> list[Part]:
        if source.type == "text":
            return [Text(text=source.data or "", cache_control=block.cache_control)]
        if source.type == "content":
            return self._parts(source.content or "", f"{where}.source.content")
        return [
            Media(
                kind="image" if block.type == "image" else "file",
                url=source.url,
                data=source.data,
                media_type=source.media_type,
                filename=block.title,
                file_id=source.file_id,
            )
        ]

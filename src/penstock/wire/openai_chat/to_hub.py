"""A chat completion request -> the dialect-free conversation."""

from typing import Any, Final

import msgspec

from penstock.domain.chat import (
    Conversation,
    Media,
    Message,
    Part,
    Refusal,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.failures import InvalidRequest
from penstock.wire import json_body, leftovers, media
from penstock.wire.openai_chat import shapes
from penstock.wire.openai_chat.reply import reasoning_parts

Object = dict[str, Any]  # wire: an object that is passed on as it is


class _Image(msgspec.Struct):
    url: str
    detail: str | None = None


class _Audio(msgspec.Struct):
    data: str
    format: str = "wav"


class _File(msgspec.Struct):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class _Part(msgspec.Struct):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: _Image | str | None = None
    input_audio: _Audio | None = None
    file: _File | None = None
    document_url: _Image | str | None = None  # Mistral
    cache_control: Object | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[shapes.Detail] | None = None
    tool_calls: list[shapes.Call] | None = None
    tool_call_id: str | None = None


class _Function(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: Object | None = None
    strict: bool | None = None


class _Tool(msgspec.Struct):
    type: str = "function"
    function: _Function | None = None
    custom: _Function | None = None


class _Named(msgspec.Struct):
    name: str


class _Choice(msgspec.Struct):
    type: str
    function: _Named | None = None
    custom: _Named | None = None


class _Schema(msgspec.Struct):
    name: str = "answer"
    schema: Object | None = None
    strict: bool | None = None
    description: str | None = None


class _Format(msgspec.Struct):
    type: str
    json_schema: _Schema | None = None


class _Body(msgspec.Struct):
    messages: list[_Message]
    stream: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Body)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, Any])  # wire: only looked at for what is set
_KNOWN: Final = {*_Body.__struct_fields__, "model", "stream_options", "store"}
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def conversation(body: bytes) -> Conversation:
    """Read a request that `read` has accepted. Raises InvalidRequest for what cannot be translated."""
    asked = json_body.read(body, _DECODER)
    members = _MEMBERS.decode(body)
    dropped = [name for name in leftovers.unknown(members, _KNOWN) if (name, members[name]) != ("n", 1)]
    custom = frozenset(
        call.id or "" for message in asked.messages for call in message.tool_calls or () if call.custom
    )
    choice, choice_dropped = _tool_choice(asked.tool_choice)
    tools, tools_dropped = _tools(asked.tools or [])
    cap = asked.max_tokens if asked.max_completion_tokens is None else asked.max_completion_tokens
    stop = (asked.stop,) if isinstance(asked.stop, str) else tuple(asked.stop or ())
    return Conversation(
        messages=tuple(_message(message, at, custom) for at, message in enumerate(asked.messages)),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=asked.parallel_tool_calls,
        max_output_tokens=cap,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        stop=stop,
        seed=asked.seed,
        response_format=_format(asked.response_format),
        reasoning_effort=asked.reasoning_effort,
        verbosity=asked.verbosity,
        user=asked.user,
        metadata=asked.metadata,
        service_tier=asked.service_tier,
        stream=asked.stream is True,
        dropped=leftovers.unique(dropped, choice_dropped, tools_dropped),
    )


def _message(message: _Message, at: int, custom: frozenset[str]) -> Message:
    role = _ROLES.get(message.role)
    if role is None:
        where = f"messages[{at}].role"
        raise InvalidRequest(f"'{where}': {message.role!r} cannot be translated.", param=where)
    content = _content(message.content, f"messages[{at}].content")
    if role == "tool":
        return Message(role=role, parts=(_result(message, at, content, custom),))
    thoughts = shapes.Delta(
        reasoning_content=message.reasoning_content,
        reasoning=message.reasoning,
        reasoning_details=message.reasoning_details,
    )
    refusal = [Refusal(text=message.refusal)] if message.refusal else []
    calls = [_call(call, number) for number, call in enumerate(message.tool_calls or ())]
    parts: list[Part] = [*reasoning_parts(thoughts), *content, *refusal, *calls]
    return Message(role=role, parts=tuple(parts), name=message.name)


def _result(message: _Message, at: int, content: list[Part], custom: frozenset[str]) -> ToolResult:
    if message.tool_call_id is None:
        where = f"messages[{at}].tool_call_id"
        raise InvalidRequest(f"'{where}' is required.", param=where)
    parts = tuple(part for part in content if isinstance(part, Text | Media))
    return ToolResult(call_id=message.tool_call_id, parts=parts, custom=message.tool_call_id in custom)


def _call(call: shapes.Call, number: int) -> ToolCall:
    return ToolCall(
        id=call.id or f"call_{number}",
        name=shapes.name_of(call),
        arguments=shapes.arguments_of(call),
        custom=call.custom is not None,
    )


def _content(content: str | list[_Part] | None, where: str) -> list[Part]:
    if isinstance(content, str):
        return [Text(text=content)]
    return [_part(part, f"{where}[{number}]") for number, part in enumerate(content or ())]


def _part(part: _Part, where: str) -> Part:
    if part.type == "text":
        return Text(text=part.text or "", cache_control=part.cache_control)
    if part.type == "refusal":
        return Refusal(text=part.refusal or "")
    if part.image_url is not None:
        image = part.image_url if isinstance(part.image_url, _Image) else _Image(url=part.image_url)
        return media.from_url("image", image.url, detail=image.detail)
    if part.document_url is not None:
        document = part.document_url
        return media.from_url("file", document.url if isinstance(document, _Image) else document)
    if part.input_audio is not None:
        return media.audio(part.input_audio.data, part.input_audio.format)
    if part.file is not None:
        return _file(part.file)
    raise InvalidRequest(f"'{where}.type': {part.type!r} cannot be translated.", param=f"{where}.type")


def _file(file: _File) -> Media:
    if file.file_data is not None:
        return media.from_url("file", file.file_data, filename=file.filename)
    return Media(kind="file", file_id=file.file_id, filename=file.filename)


def _tools(tools: list[_Tool]) -> tuple[tuple[Tool, ...], list[str]]:
    found: list[Tool] = []
    dropped: list[str] = []
    for tool in tools:
        declared = tool.custom or tool.function
        if declared is None:
            dropped.append(f"tools.{tool.type}")
            continue
        found.append(
            Tool(
                name=declared.name,
                description=declared.description,
                parameters=declared.parameters,
                strict=declared.strict,
                custom=tool.custom is not None,
            )
        )
    return tuple(found), dropped


def _tool_choice(choice: str | _Choice | None) -> tuple[str | None, list[str]]:
    if not isinstance(choice, _Choice):
        return choice, []
    named = choice.function or choice.custom
    return (f"tool:{named.name}", []) if named else (None, ["tool_choice"])


def _format(asked: _Format | None) -> ResponseFormat | None:
    if asked is None or asked.type == "text":
        return None
    schema = asked.json_schema
    if schema is None:
        return ResponseFormat()
    return ResponseFormat(
        name=schema.name, schema=schema.schema or {}, strict=schema.strict, description=schema.description
    )

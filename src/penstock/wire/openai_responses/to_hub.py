"""A Responses request -> the dialect-free conversation."""

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
from penstock.wire import json_body, leftovers, media, sealed
from penstock.wire.openai_responses import shapes

Object = dict[str, Any]  # wire: an object that is passed on as it is


class _Audio(msgspec.Struct):
    data: str
    format: str = "wav"


class _Part(msgspec.Struct):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    input_audio: _Audio | None = None


class _Item(msgspec.Struct):
    type: str = "message"
    role: str | None = None
    content: str | list[_Part] | None = None
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | Object | None = None  # an object in the calls of some of OpenAI's own tools
    input: str | None = None
    output: str | list[_Part] | Object | None = None
    summary: list[shapes.Content] | None = None
    encrypted_content: str | None = None


class _Tool(msgspec.Struct):
    type: str
    name: str | None = None
    description: str | None = None
    parameters: Object | None = None
    strict: bool | None = None
    format: Object | None = None


class _Choice(msgspec.Struct):
    type: str
    name: str | None = None


class _Format(msgspec.Struct):
    type: str
    name: str = "answer"
    schema: Object | None = None
    strict: bool | None = None
    description: str | None = None


class _TextOptions(msgspec.Struct):
    format: _Format | None = None
    verbosity: str | None = None


class _Thinking(msgspec.Struct):
    effort: str | None = None


class _Body(msgspec.Struct):
    input: str | list[_Item] | None = None
    instructions: str | list[_Item] | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    parallel_tool_calls: bool | None = None
    text: _TextOptions | None = None
    reasoning: _Thinking | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Body)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, Any])  # wire: only looked at for what is set
# What the gateway sees to itself, or what asks for no more than what it always does.
_ELSEWHERE: Final = {"model", "store", "stream_options", "include"}
_KNOWN: Final = {*_Body.__struct_fields__, *_ELSEWHERE}
_INCLUDED: Final = "reasoning.encrypted_content"
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
}


def conversation(body: bytes) -> Conversation:
    """Read a request that `read` has accepted. Raises InvalidRequest for what cannot be translated."""
    asked = json_body.read(body, _DECODER)
    reading = _Reading()
    messages = [*reading.messages(asked.instructions, "system"), *reading.messages(asked.input, "user")]
    tools = tuple(tool for found in asked.tools or () for tool in reading.tool(found))
    text = asked.text or _TextOptions()
    choice = reading.tool_choice(asked.tool_choice)
    return Conversation(
        messages=tuple(messages),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=asked.parallel_tool_calls,
        max_output_tokens=asked.max_output_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        response_format=_format(text.format),
        reasoning_effort=asked.reasoning.effort if asked.reasoning else None,
        verbosity=text.verbosity,
        user=asked.user,
        metadata=asked.metadata,
        service_tier=asked.service_tier,
        stream=asked.stream is True,
        dropped=leftovers.unique(_dropped(_MEMBERS.decode(body)), reading.dropped),
    )


def _dropped(members: Object) -> list[str]:
    found = leftovers.unknown(members, _KNOWN)
    if members.get("truncation") == "disabled":
        found.remove("truncation")
    included = [name for name in members.get("include") or () if name != _INCLUDED]
    return [*found, *(f"include.{name}" for name in included)]


def _format(asked: _Format | None) -> ResponseFormat | None:
    if asked is None or asked.type == "text":
        return None
    return ResponseFormat(
        name=asked.name, schema=asked.schema, strict=asked.strict, description=asked.description
    )


class _Reading:
    """Reads items into messages, and notes those that have no place in the hub."""

    def __init__(self) -> None:
        self.dropped: list[str] = []
        self._messages: list[Message] = []
        self._said: list[Part] = []

    def messages(self, items: str | list[_Item] | None, role: Role) -> list[Message]:
        """Read an input, or instructions; `role` is whose a plain text is."""
        if isinstance(items, str):
            return [Message(role=role, parts=(Text(text=items),))]
        self._messages = []
        for at, item in enumerate(items or ()):
            self._item(item, f"input[{at}]")
        self._close()
        return self._messages

    def tool(self, tool: _Tool) -> list[Tool]:
        """Read a tool of the client's; those that run at the provider have no counterpart."""
        if tool.type not in ("function", "custom") or tool.name is None:
            self.dropped.append(f"tools.{tool.type}")
            return []
        if tool.format not in (None, {"type": "text"}):
            self.dropped.append("tools.format")
        custom = tool.type == "custom"
        return [
            Tool(
                name=tool.name,
                description=tool.description,
                parameters=tool.parameters,
                strict=tool.strict,
                custom=custom,
            )
        ]

    def tool_choice(self, choice: str | _Choice | None) -> str | None:
        """Read the choice; one of a tool that runs at the provider has no counterpart."""
        if not isinstance(choice, _Choice):
            return choice
        if choice.name is None:
            self.dropped.append("tool_choice")
            return None
        return f"tool:{choice.name}"

    def _item(self, item: _Item, where: str) -> None:
        """Read an item; what the model said in one turn, in several items, is one message."""
        if item.type == "message" and item.role != "assistant":
            self._close()
            self._messages.append(self._message(item, where))
        elif item.type == "message":
            self._said += self._content(item.content, where)
        elif item.type in shapes.CALLS:
            self._said.append(self._call(item, where))
        elif item.type == "reasoning":
            text = "\n\n".join(part.text for part in item.summary or () if part.text)
            self._said.append(sealed.decrypted(text, item.id, item.encrypted_content))
        elif item.type in ("function_call_output", "custom_tool_call_output"):
            self._close()
            self._messages.append(Message(role="tool", parts=(self._result(item, where),)))
        else:
            self.dropped.append(f"input.{item.type}")

    def _close(self) -> None:
        if self._said:
            self._messages.append(Message(role="assistant", parts=tuple(self._said)))
            self._said = []

    def _message(self, item: _Item, where: str) -> Message:
        role = _ROLES.get(item.role or "")
        if role is None:
            raise InvalidRequest(f"'{where}.role': {item.role!r} is not a role.", param=f"{where}.role")
        return Message(role=role, parts=tuple(self._content(item.content, where)))

    def _call(self, item: _Item, where: str) -> ToolCall:
        custom = item.type == "custom_tool_call"
        if item.call_id is None or item.name is None:
            missing = f"{where}.name" if item.call_id else f"{where}.call_id"
            raise InvalidRequest(f"'{missing}' is required.", param=missing)
        said = item.input if custom else item.arguments
        if isinstance(said, dict):
            said = msgspec.json.encode(said).decode()
        return ToolCall(id=item.call_id, name=item.name, arguments=said or "", custom=custom, item_id=item.id)

    def _result(self, item: _Item, where: str) -> ToolResult:
        if item.call_id is None:
            raise InvalidRequest(f"'{where}.call_id' is required.", param=f"{where}.call_id")
        content = msgspec.json.encode(item.output).decode() if isinstance(item.output, dict) else item.output
        parts = [part for part in self._content(content, where) if isinstance(part, Text | Media)]
        custom = item.type == "custom_tool_call_output"
        return ToolResult(call_id=item.call_id, parts=tuple(parts), custom=custom)

    def _content(self, content: str | list[_Part] | None, where: str) -> list[Part]:
        if isinstance(content, str):
            return [Text(text=content)]
        return [_part(part, f"{where}.content[{at}]") for at, part in enumerate(content or ())]


def _part(part: _Part, where: str) -> Part:
    if part.type in ("input_text", "output_text", "text", "summary_text"):
        return Text(text=part.text or "")
    if part.type == "refusal":
        return Refusal(text=part.refusal or "")
    if part.type == "input_image":
        if part.image_url is not None:
            return media.from_url("image", part.image_url, detail=part.detail)
        return Media(kind="image", file_id=part.file_id, detail=part.detail)
    if part.type == "input_file":
        url = part.file_data or part.file_url
        if url is not None:
            return media.from_url("file", url, filename=part.filename)
        return Media(kind="file", file_id=part.file_id, filename=part.filename)
    if part.type == "input_audio" and part.input_audio is not None:
        return media.audio(part.input_audio.data, part.input_audio.format)
    raise InvalidRequest(f"'{where}.type': {part.type!r} cannot be translated.", param=f"{where}.type")

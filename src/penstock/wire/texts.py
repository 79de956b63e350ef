"""The text of a conversation, for counting its tokens."""

from collections.abc import Iterator

import msgspec

from penstock.domain.chat import Conversation, Part, Reasoning, Refusal, Text, Tool, ToolCall, ToolResult


def texts(conversation: Conversation) -> str:
    """Return all that a model would read of it: messages, calls, results, tools, a schema.

    Media are left out: what they cost is not a matter of text.
    """
    found = [text for message in conversation.messages for part in message.parts for text in _part(part)]
    found += [text for tool in conversation.tools for text in _tool(tool)]
    if conversation.response_format is not None and conversation.response_format.schema is not None:
        found.append(msgspec.json.encode(conversation.response_format.schema).decode())
    return "\n".join(text for text in found if text)


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Text | Refusal | Reasoning):
        yield part.text
    elif isinstance(part, ToolCall):
        yield part.name
        yield part.arguments
    elif isinstance(part, ToolResult):
        for inner in part.parts:
            yield from _part(inner)


def _tool(tool: Tool) -> Iterator[str]:
    yield tool.name
    yield tool.description or ""
    if tool.parameters is not None:
        yield msgspec.json.encode(tool.parameters).decode()

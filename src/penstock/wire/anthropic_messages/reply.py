"""Reads and writes whole Messages."""

from typing import Any, Final

import msgspec

from penstock.domain.chat import (
    ChatRequest,
    Dialect,
    FinishReason,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    ToolCall,
)
from penstock.domain.identity import new_id
from penstock.wire import errors, sealed, usage
from penstock.wire.anthropic_messages import shapes

_DECODER: Final = msgspec.json.Decoder(shapes.MessageHead)
_encode = msgspec.json.Encoder().encode

_STOP_WORDS: Final[dict[FinishReason, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "pause": "pause_turn",
}


def stop_reason(reason: FinishReason, stop_sequence: str | None) -> str:
    """Name why the answer ended in Anthropic's words."""
    return "stop_sequence" if reason == "stop" and stop_sequence is not None else _STOP_WORDS[reason]


def read(body: bytes) -> Reply:
    """Read a complete Message. Raises an UpstreamFailure for an error with a 200, or for no Message."""
    message = errors.understood(_DECODER, body, Dialect.ANTHROPIC_MESSAGES)
    if message.type == "error" or errors.is_given(message.error):
        raise errors.classify(200, {}, body, Dialect.ANTHROPIC_MESSAGES)
    if message.content is None:
        raise errors.not_an_answer(body, "it has no content", Dialect.ANTHROPIC_MESSAGES)
    return Reply(
        id=message.id,
        model=message.model,
        parts=tuple(part for block in message.content for part in _part(block)),
        finish_reason=shapes.finish_reason(message.stop_reason),
        usage=usage.anthropic(usage.merge({}, message.usage)) if message.usage else None,
        stop_sequence=message.stop_sequence,
    )


def _part(block: shapes.Block) -> tuple[Part, ...]:
    """Return the block's part; what runs at the provider (its own tools) has none."""
    if block.type == "text":
        return (Text(text=block.text or ""),)
    if block.type == "thinking":
        return (sealed.opened(block.thinking or "", block.signature),)
    if block.type == "redacted_thinking":
        return (Reasoning(encrypted=block.data),)
    if block.type == "tool_use":
        arguments = bytes(block.input).decode() or "{}"
        return (ToolCall(id=block.id or "", name=block.name or "", arguments=arguments),)
    return ()


def write(reply: Reply, request: ChatRequest) -> bytes:
    """Write a Message for a client."""
    content = [block for part in reply.parts for block in _block(part)]
    return _encode(
        {
            "id": reply.id or f"msg_{new_id()}",
            "type": "message",
            "role": "assistant",
            "model": reply.model or request.model,
            "content": content,
            "stop_reason": stop_reason(reply.finish_reason, reply.stop_sequence),
            "stop_sequence": reply.stop_sequence,
            "usage": _accounts(reply),
        }
    )


def _accounts(reply: Reply) -> dict[str, Any]:  # wire: Anthropic's Usage object, which must be there
    return usage.to_anthropic(reply.usage) if reply.usage else {"input_tokens": 0, "output_tokens": 0}


def _block(part: Part) -> list[shapes.Object]:
    if isinstance(part, Text | Refusal):
        return [{"type": "text", "text": part.text}] if part.text else []
    if isinstance(part, ToolCall):
        return [{"type": "tool_use", "id": part.id, "name": part.name, "input": tool_input(part)}]
    return [thinking_block(part)] if isinstance(part, Reasoning) else []


def thinking_block(part: Reasoning) -> shapes.Object:
    """Write reasoning for a client: what is encrypted travels where clients hand it back unread."""
    if part.encrypted and not (part.text or part.id or part.signature):
        return {"type": "redacted_thinking", "data": part.encrypted}
    return {"type": "thinking", "thinking": part.text, "signature": sealed.signature(part)}


def tool_input(call: ToolCall) -> object:
    """Return the arguments as the object that Anthropic wants; free text becomes its `input`."""
    if call.custom:
        return {"input": call.arguments}
    try:
        value = msgspec.json.decode(call.arguments or "{}", type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return {"arguments": call.arguments}  # the model wrote no JSON: handed on as it is
    return value

"""Reads and writes whole Responses."""

import time
from typing import Final

import msgspec

from penstock.domain.chat import ChatRequest, Dialect, Part, Refusal, Reply, Text, ToolCall
from penstock.domain.usage import Usage
from penstock.wire import custom_tools, errors, sealed, usage
from penstock.wire.openai_responses import envelope, shapes

_DECODER: Final = msgspec.json.Decoder(shapes.Response)


def read(body: bytes) -> Reply:
    """Read a complete response. Raises an UpstreamFailure for an error with a 200, or for no response."""
    response = errors.understood(_DECODER, body, Dialect.OPENAI_RESPONSES)
    if errors.is_given(response.error) or response.status == "failed":
        raise errors.classify(200, {}, body, Dialect.OPENAI_RESPONSES)
    if response.output is None:
        raise errors.not_an_answer(body, "it has no output", Dialect.OPENAI_RESPONSES)
    parts = tuple(part for item in response.output for part in parts_of(item))
    calls = any(isinstance(part, ToolCall) for part in parts)
    refused = any(isinstance(part, Refusal) for part in parts)
    return Reply(
        id=response.id,
        model=response.model or "",
        parts=parts,
        finish_reason=shapes.finish_reason(response, calls=calls, refused=refused),
        usage=_usage(response),
        created=int(response.created_at or 0),
    )


def _usage(response: shapes.Response) -> Usage | None:
    if not response.usage:
        return None
    return usage.openai(
        usage.merge({}, response.usage),
        tier=response.service_tier,
        model=response.model or "",
        searches=shapes.searches(response.output or ()),
    )


def parts_of(item: shapes.Item) -> list[Part]:
    """Return the parts of an output item; what runs at the provider (its own tools) has none."""
    if item.type == "message":
        content = item.content if isinstance(item.content, list) else []
        return [
            Refusal(text=part.refusal) if part.refusal is not None else Text(text=part.text or "")
            for part in content
        ]
    if item.type == "reasoning":
        return [sealed.decrypted(shapes.reasoning_text(item), item.id, item.encrypted_content)]
    if item.type in shapes.CALLS:
        call = ToolCall(
            id=item.call_id or item.id or "",
            name=item.name or "",
            arguments=shapes.arguments_of(item),
            custom=item.type == "custom_tool_call",
            item_id=item.id,
        )
        return [call]
    return []


def write(reply: Reply, request: ChatRequest) -> bytes:
    """Write a response for a client."""
    identity = envelope.identity_of(reply.id)
    now = int(time.time())
    asked = msgspec.json.decode(request.body)
    response = envelope.around(identity, reply.model or request.model, reply.created or now, asked)
    output = envelope.items(reply.parts, identity, custom_tools.declared(request.body))
    refused = any(isinstance(part, Refusal) for part in reply.parts)
    finished = envelope.ended(response, reply.finish_reason, output, reply.usage, now, refused=refused)
    return msgspec.json.encode(finished)

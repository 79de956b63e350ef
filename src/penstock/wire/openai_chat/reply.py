"""Reads and writes whole chat completions."""

import time
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
from penstock.domain.usage import Usage
from penstock.wire import custom_tools, errors, usage
from penstock.wire.openai_chat import shapes

_DECODER: Final = msgspec.json.Decoder(shapes.Completion)
_encode = msgspec.json.Encoder().encode

FINISH_WORDS: Final[dict[FinishReason, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "stop",
    "pause": "stop",
}


def read(body: bytes, dialect: Dialect = Dialect.OPENAI_CHAT) -> Reply:
    """Read a complete chat completion, or a completion; its first choice stands for it.

    Raises an UpstreamFailure for an error object with a 200, and for anything else (P01, P04, P05).
    """
    completion = errors.understood(_DECODER, body, dialect)
    if errors.is_given(completion.error) or completion.object == "error":
        raise errors.classify(200, {}, body, dialect)
    if not completion.choices:
        raise errors.not_an_answer(body, "it has no choices", dialect)
    choice = completion.choices[0]
    parts = _parts(choice.message) if choice.message else []
    if choice.text:
        parts.append(Text(text=choice.text))
    calls = any(isinstance(part, ToolCall) for part in parts)
    refused = any(isinstance(part, Refusal) for part in parts)
    return Reply(
        id=completion.id or "",
        model=completion.model or "",
        parts=tuple(parts),
        finish_reason=shapes.finish_reason(choice.finish_reason or "stop", calls=calls, refused=refused),
        usage=_usage(completion),
        created=int(completion.created or 0),
        stop_sequence=choice.stop_reason if isinstance(choice.stop_reason, str) else None,
    )


def _usage(completion: shapes.Completion) -> Usage | None:
    counts = completion.usage or (completion.x_groq.usage if completion.x_groq else None)
    if not counts:
        return None
    known = usage.merge({}, counts)
    return usage.openai(known, tier=completion.service_tier, model=completion.model or "")


def _parts(message: shapes.Delta) -> list[Part]:
    text, thinking, refusal = shapes.pieces(message.content)
    parts: list[Part] = list(reasoning_parts(message, thinking))
    if text:
        parts.append(Text(text=text))
    if message.refusal or refusal:
        parts.append(Refusal(text=message.refusal or refusal))
    calls = list(message.tool_calls or ())
    if message.function_call is not None:
        calls.append(shapes.Call(function=message.function_call))
    parts.extend(
        ToolCall(
            id=call.id or f"call_{number}",
            name=shapes.name_of(call),
            arguments=shapes.arguments_of(call),
            custom=call.custom is not None,
        )
        for number, call in enumerate(calls)
    )
    return parts


def reasoning_parts(message: shapes.Delta, thinking: str = "") -> list[Reasoning]:
    """Return a message's reasoning: signed or encrypted details one by one, else its plain text."""
    details = message.reasoning_details or []
    sealed = [
        Reasoning(
            text=detail.text or detail.summary or "",
            signature=detail.signature,
            encrypted=detail.data,
            id=detail.id,
        )
        for detail in details
        if detail.signature or detail.data
    ]
    text = message.reasoning_content or message.reasoning or thinking
    text = text or "".join(detail.text or detail.summary or "" for detail in details)
    if not text or any(part.text for part in sealed):
        return sealed
    if sealed:
        first = msgspec.structs.replace(sealed[0], text=text)
        return [first, *sealed[1:]]
    return [Reasoning(text=text)]


def write(reply: Reply, request: ChatRequest) -> bytes:
    """Write a chat completion for a client."""
    finish = FINISH_WORDS[reply.finish_reason]
    refusal = "".join(part.text for part in reply.parts if isinstance(part, Refusal))
    if reply.finish_reason == "refusal" and not refusal:
        finish = "content_filter"  # no other word of OpenAI's says that the model was stopped
    completion = {
        "id": reply.id or f"chatcmpl-{new_id()}",
        "object": "chat.completion",
        "created": reply.created or int(time.time()),
        "model": reply.model or request.model,
        "choices": [
            {
                "index": 0,
                "message": _message(reply, refusal, custom_tools.declared(request.body)),
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        **_accounts(reply.usage),
    }
    return _encode(completion)


def _message(reply: Reply, refusal: str, custom: frozenset[str]) -> shapes.Object:
    text = "".join(part.text for part in reply.parts if isinstance(part, Text))
    calls = [call_object(_as_declared(part, custom)) for part in reply.parts if isinstance(part, ToolCall)]
    return {
        "role": "assistant",
        "content": text if text or not (calls or refusal) else None,
        "refusal": refusal or None,
        **reasoning_members([part for part in reply.parts if isinstance(part, Reasoning)]),
        **({"tool_calls": calls} if calls else {}),
    }


def _as_declared(call: ToolCall, custom: frozenset[str]) -> ToolCall:
    """Turn a function that stands for one of the client's custom tools back into its call."""
    if call.custom or call.name not in custom:
        return call
    text = custom_tools.unwrapped(call.arguments)
    return msgspec.structs.replace(call, custom=True, arguments=text)


def call_object(call: ToolCall) -> dict[str, Any]:  # wire: a tool call
    """Write a tool call of a whole message."""
    if call.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def reasoning_members(parts: list[Reasoning]) -> dict[str, Any]:  # wire: members of a message
    """Write reasoning: the text as `reasoning_content`, what is sealed as `reasoning_details`.

    The first is what most clients show, the second what OpenRouter's clients hand back unread.
    """
    members: dict[str, Any] = {}  # wire: members of a message
    text = "".join(part.text for part in parts)
    if text:
        members["reasoning_content"] = text
    details = [detail for part in parts for detail in _details(part)]
    if details:
        members["reasoning_details"] = details
    return members


def _details(part: Reasoning) -> list[shapes.Object]:
    details: list[shapes.Object] = []
    if part.signature:
        details.append({"type": "reasoning.text", "text": part.text, "signature": part.signature})
    if part.encrypted:
        summary = {"summary": part.text} if part.text and not part.signature else {}
        details.append({"type": "reasoning.encrypted", "data": part.encrypted, "id": part.id, **summary})
    return details


def _accounts(counted: Usage | None) -> dict[str, Any]:  # wire: members of a completion
    if counted is None:
        return {}
    return {"usage": usage.to_chat(counted)}

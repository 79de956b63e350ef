"""The response object around an answer, with the request's settings echoed as OpenAI's schema asks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from penstock.domain.chat import FinishReason, Part, Reasoning, Refusal, Text, ToolCall
from penstock.domain.identity import new_id
from penstock.domain.usage import Usage
from penstock.wire import custom_tools, sealed, usage

Object = dict[str, Any]  # wire: OpenAI's Response object, or a part of it

# What the schema requires, with OpenAI's defaults, where the request does not say otherwise.
_ECHOED: Final[Object] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
}
_TIERS: Final = ("auto", "default", "flex", "scale", "priority")


def around(identity: str, model: str, created: int, asked: Mapping[str, object]) -> Object:
    """Return a response in progress, without output. `asked` is the client's request."""
    echoed: Object = {
        name: default if asked.get(name) is None else asked[name] for name, default in _ECHOED.items()
    }
    return {
        "id": identity,
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "completed_at": None,
        "background": False,
        "error": None,
        "incomplete_details": None,
        **echoed,
        "text": {"format": {"type": "text"}, **echoed["text"]},
        "model": model,
        "output": [],
        "service_tier": _tier(asked.get("service_tier")),
        **({"user": asked["user"]} if asked.get("user") is not None else {}),
    }


def ended(
    response: Object,
    reason: FinishReason,
    output: list[Object],
    counted: Usage | None,
    at: int,
    *,
    refused: bool,
) -> Object:
    """Return the finished form of a response; `at` is Unix seconds.

    OpenAI knows two reasons for an answer that stops short; being stopped without a word of refusal
    is nearest to its content filter.
    """
    short = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(reason)
    if reason == "refusal" and not refused:
        short = "content_filter"
    return {
        **response,
        "status": "incomplete" if short else "completed",
        "completed_at": None if short else at,
        "incomplete_details": {"reason": short} if short else None,
        "output": output,
        **({"usage": usage.to_responses(counted)} if counted else {}),
        "service_tier": _tier(counted.service_tier) if counted else response["service_tier"],
    }


def _tier(name: object) -> object:
    """Return a service tier that OpenAI knows; other providers have names of their own."""
    return name if name in _TIERS else "default"


def identity_of(upstream: str) -> str:
    """Return a response's id, made from the provider's own where it has another form."""
    return upstream if upstream.startswith("resp_") else f"resp_{upstream or new_id()}"


def items(parts: Sequence[Part], identity: str, custom: frozenset[str]) -> list[Object]:
    """Return the finished output items; ids are made from the response's where there are none.

    Text and refusal side by side are one message.
    """
    found: list[Object] = []
    for part in parts:
        suffix = f"{identity.removeprefix('resp_')}_{len(found)}"
        if isinstance(part, Text | Refusal):
            if not found or found[-1]["type"] != "message":
                found.append(message(f"msg_{suffix}", []))
            found[-1]["content"].append(content(part))
        elif isinstance(part, Reasoning):
            found.append(reasoning(part, f"rs_{suffix}"))
        elif isinstance(part, ToolCall):
            found.append(call(part, suffix, custom))
    return found


def content(part: Text | Refusal) -> Object:
    """Return the content part of a message."""
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}


def message(identity: str, parts: list[Object], status: str = "completed") -> Object:
    """Return a message item."""
    return {"id": identity, "type": "message", "status": status, "role": "assistant", "content": parts}


def reasoning(part: Reasoning, identity: str) -> Object:
    """Return a reasoning item: its text as the summary, what is sealed as encrypted content."""
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    found: Object = {"id": part.id or identity, "type": "reasoning", "summary": summary}
    encrypted = sealed.encrypted(part)
    return {**found, "encrypted_content": encrypted} if encrypted else found


def call(part: ToolCall, identity: str, custom: frozenset[str], status: str = "completed") -> Object:
    """Return a function call, or the call of a custom tool if the client declared it as one."""
    head = {"call_id": part.id, "name": part.name, "status": status}
    if part.custom or part.name in custom:
        text = part.arguments if part.custom else custom_tools.unwrapped(part.arguments)
        return {"id": part.item_id or f"ctc_{identity}", "type": "custom_tool_call", **head, "input": text}
    return {
        "id": part.item_id or f"fc_{identity}",
        "type": "function_call",
        **head,
        "arguments": part.arguments,
    }

"""The dialect-free conversation -> a Messages request."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from penstock.domain.chat import (
    Conversation,
    Media,
    Message,
    Part,
    Reasoning,
    Refusal,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.failures import InvalidRequest
from penstock.wire import custom_tools, effort, leftovers, media
from penstock.wire.anthropic_messages.reply import tool_input
from penstock.wire.codec import Encoded, Quirks

Object = dict[str, Any]  # wire: a request, or a part of one

# Models from before adaptive thinking take a budget only; later ones take an effort. The list is closed.
_TAKES_BUDGET: Final = re.compile(
    r"claude-(?:[23]|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:[-@]\d{8}|-latest|-v\d|$))"
)
_LEAST_BUDGET: Final = 1024
_HOTTEST: Final = 1.0
_TIERS: Final = {"auto": "auto", "default": "standard_only"}
_LACKING: Final = ("seed", "verbosity", "metadata")


def request(conversation: Conversation, model: str, quirks: Quirks) -> Encoded:
    """Write the request. What Messages has no place for is named in `dropped`."""
    dropped: list[str] = [name for name in _LACKING if getattr(conversation, name) is not None]
    system, messages = _split(conversation.messages, dropped)
    cap = conversation.max_output_tokens or quirks.default_max_output_tokens
    body: Object = {"model": model, "max_tokens": cap}
    if system:
        body["system"] = system
    body["messages"] = messages
    if conversation.tools:
        body["tools"] = [_tool(tool, dropped) for tool in conversation.tools]
        body |= _tool_choice(conversation)
    body |= _thinking(conversation, model, cap, dropped)
    body |= _sampling(conversation, dropped, thinks="thinking" in body)
    body |= _settings(conversation, dropped)
    _output_format(conversation, body, dropped)
    refused = leftovers.refused(body, quirks.drop)
    return Encoded(
        body=msgspec.json.encode(body), dropped=leftovers.unique(conversation.dropped, dropped, refused)
    )


def _settings(conversation: Conversation, dropped: list[str]) -> Object:
    tier = conversation.service_tier
    if tier is not None and tier not in _TIERS:
        dropped.append("service_tier")
    settings: Object = {
        "top_p": conversation.top_p,
        "stop_sequences": list(conversation.stop) or None,
        "metadata": {"user_id": conversation.user} if conversation.user is not None else None,
        "service_tier": _TIERS.get(tier or ""),
        "stream": True if conversation.stream else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _sampling(conversation: Conversation, dropped: list[str], *, thinks: bool) -> Object:
    """Write what may not be set beside thinking, or not as high."""
    sampling: Object = {}
    hot = conversation.temperature
    if hot is not None and (hot > _HOTTEST or (thinks and hot != _HOTTEST)):
        dropped.append("temperature")
    elif hot is not None:
        sampling["temperature"] = hot
    if conversation.top_k is not None and thinks:
        dropped.append("top_k")
    elif conversation.top_k is not None:
        sampling["top_k"] = conversation.top_k
    return sampling


def _thinking(conversation: Conversation, model: str, cap: int, dropped: list[str]) -> Object:
    """Ask for as much thinking, in the form that the model takes.

    Thinking and a forced tool exclude each other: the tool wins. A budget has to leave room in
    `max_tokens`, and there is a least one.
    """
    named, budget = conversation.reasoning_effort, conversation.reasoning_tokens
    if named is None and budget is None:
        return {}
    if named == "none":
        return {"thinking": {"type": "disabled"}}
    if conversation.tools and _is_forced(conversation.tool_choice):
        dropped.append("reasoning_effort")
        return {}
    if not _TAKES_BUDGET.search(model):
        wanted = named or effort.named(budget or 0)
        wanted = "low" if wanted == "minimal" else wanted
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": wanted}}
    budget = min(budget or effort.tokens(named or ""), cap - 1)
    if budget < _LEAST_BUDGET:
        dropped.append("reasoning_effort")
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _is_forced(choice: str | None) -> bool:
    return choice is not None and (choice == "required" or choice.startswith("tool:"))


def _output_format(conversation: Conversation, body: Object, dropped: list[str]) -> None:
    """Ask for a schema; "any JSON" has no counterpart, and a tool in its stead would be another answer."""
    asked = conversation.response_format
    if asked is None:
        return
    if asked.schema is None:
        dropped.append("response_format")
        return
    form = {"type": "json_schema", "schema": asked.schema}
    body["output_config"] = {**body.get("output_config", {}), "format": form}


def _tool(tool: Tool, dropped: list[str]) -> Object:
    if tool.strict:
        dropped.append("tools.strict")  # its schemas are more limited there: it could fail the request
    given = custom_tools.PARAMETERS if tool.custom else tool.parameters
    described = {"description": tool.description} if tool.description is not None else {}
    return {"name": tool.name, **described, "input_schema": {"type": "object", **(given or {})}}


def _tool_choice(conversation: Conversation) -> Object:
    choice = conversation.tool_choice
    written: Object = {}
    if choice is not None and choice.startswith("tool:"):
        written = {"type": "tool", "name": choice.removeprefix("tool:")}
    elif choice is not None:
        written = {"type": "any" if choice == "required" else choice}
    if conversation.parallel_tool_calls is False and choice != "none":
        written = {"type": "auto", **written, "disable_parallel_tool_use": True}
    return {"tool_choice": written} if written else {}


def _split(messages: Sequence[Message], dropped: list[str]) -> tuple[str | list[Object], list[Object]]:
    """Return the system prompt and the turns; instructions between turns keep their place as a user's."""
    leading = 0
    while leading < len(messages) and messages[leading].role in ("system", "developer"):
        leading += 1
    if leading == len(messages):
        leading = max(0, leading - 1)  # there has to be a turn
    system = [block for message in messages[:leading] for block in _blocks(message.parts, dropped)]
    turns: list[Object] = []
    for message in messages[leading:]:
        blocks = _blocks(message.parts, dropped)
        role = "assistant" if message.role == "assistant" else "user"
        if blocks and turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    if len(system) == 1 and "cache_control" not in system[0]:
        return str(system[0]["text"]), turns
    return system, turns


def _blocks(parts: Sequence[Part], dropped: list[str]) -> list[Object]:
    return [block for part in parts for block in _block(part, dropped)]


def _block(part: Part, dropped: list[str]) -> list[Object]:
    """Write a part; Anthropic refuses empty text, and reasoning that it did not sign."""
    if isinstance(part, Text):
        marked = {"cache_control": part.cache_control} if part.cache_control is not None else {}
        return [{"type": "text", "text": part.text, **marked}] if part.text else []
    if isinstance(part, Refusal):
        return [{"type": "text", "text": part.text}] if part.text else []
    if isinstance(part, ToolCall):
        return [{"type": "tool_use", "id": part.id, "name": part.name, "input": tool_input(part)}]
    if isinstance(part, ToolResult):
        return [_result(part, dropped)]
    return _thought(part) if isinstance(part, Reasoning) else [_media(part, dropped)]


def _thought(part: Reasoning) -> list[Object]:
    if part.signature:
        return [{"type": "thinking", "thinking": part.text, "signature": part.signature}]
    if part.encrypted and not part.id:
        return [{"type": "redacted_thinking", "data": part.encrypted}]
    return []


def _result(result: ToolResult, dropped: list[str]) -> Object:
    blocks = _blocks(result.parts, dropped)
    plain = len(blocks) == 1 and blocks[0]["type"] == "text"
    written: Object = {"type": "tool_result", "tool_use_id": result.call_id}
    if blocks:
        written["content"] = blocks[0]["text"] if plain else blocks
    return {**written, "is_error": True} if result.is_error else written


def _media(part: Media, dropped: list[str]) -> Object:
    if part.kind == "audio":
        message = "Audio cannot be translated: Anthropic's Messages take none."
        raise InvalidRequest(message, param="messages")
    if part.detail not in (None, "auto"):
        dropped.append("image.detail")
    titled = {"title": part.filename} if part.kind == "file" and part.filename else {}
    kind = "image" if part.kind == "image" else "document"
    return {"type": kind, "source": _source(part), **titled}


def _source(part: Media) -> Object:
    if part.data is not None:
        return {"type": "base64", "media_type": media.media_type(part), "data": part.data}
    if part.url is not None:
        return {"type": "url", "url": part.url}
    return {"type": "file", "file_id": part.file_id}

"""What is read of OpenAI's Responses; all that is not named here is stepped over."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from penstock.domain.chat import FinishReason

Object = dict[str, Any]  # wire: an object that is passed on or merged as it is

CALLS: Final = ("function_call", "custom_tool_call")


class Content(msgspec.Struct):
    """A part of a message, or of a reasoning item's `content` or `summary`."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None


class Item(msgspec.Struct):
    """An output item of any kind."""

    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | Object | None = None
    input: str | None = None
    content: list[Content] | str | None = None
    summary: list[Content] | None = None
    encrypted_content: str | None = None
    action: Object | None = None


class Incomplete(msgspec.Struct):
    reason: str | None = None


class Response(msgspec.Struct):
    """A response object, whole or as it stands within a stream."""

    id: str = ""
    object: str | None = None
    model: str | None = None
    status: str | None = None
    created_at: float | None = None
    output: list[Item] | None = None
    incomplete_details: Incomplete | None = None
    usage: Object | None = None
    service_tier: str | None = None
    error: msgspec.Raw = msgspec.Raw()


class StreamEvent(msgspec.Struct):
    """Any event of a stream."""

    type: str = ""
    response: Response | None = None
    output_index: int = 0
    summary_index: int = 0
    item: Item | None = None
    delta: str | Object | None = None
    error: msgspec.Raw = msgspec.Raw()


def finish_reason(response: Response, *, calls: bool, refused: bool) -> FinishReason:
    """Name why the answer ended; tool calls and refusals show in the output only."""
    if response.status == "incomplete" or response.incomplete_details is not None:
        why = response.incomplete_details.reason if response.incomplete_details else None
        return "content_filter" if why == "content_filter" else "length"
    if calls:
        return "tool_calls"
    return "refusal" if refused else "stop"


def searches(output: Sequence[Item]) -> int:
    """Count the web searches that are billed: opening a page or finding in it is not a search."""
    calls = [item for item in output if item.type == "web_search_call"]
    return sum(1 for item in calls if (item.action or {}).get("type", "search") == "search")


def arguments_of(item: Item) -> str:
    """Return a call's arguments, or a custom tool's input, as text."""
    if item.type == "custom_tool_call":
        return item.input or ""
    given = item.arguments
    return msgspec.json.encode(given).decode() if isinstance(given, dict) else given or ""


def reasoning_text(item: Item) -> str:
    """Return what a reasoning item shows: its summary, else its own text."""
    content = item.content if isinstance(item.content, list) else []
    return "\n\n".join(part.text for part in item.summary or content if part.text)

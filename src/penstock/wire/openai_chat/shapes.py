"""What is read of OpenAI's chat completions; all that is not named here is stepped over."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from penstock.domain.chat import FinishReason

Object = dict[str, Any]  # wire: an object that is passed on or merged as it is


class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | Object | None = None  # an object with a few local servers


class Custom(msgspec.Struct):
    name: str | None = None
    input: str | None = None


class Call(msgspec.Struct):
    """A tool call, or a piece of one in a stream; some servers leave `index` or `id` out."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    custom: Custom | None = None


class Piece(msgspec.Struct):
    """Content in a list: Mistral's reasoning models answer so."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    thinking: str | list["Piece"] | None = None


class Detail(msgspec.Struct):
    """One of OpenRouter's `reasoning_details`."""

    type: str = ""
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None


class Delta(msgspec.Struct):
    """A message, or a piece of one in a stream."""

    content: str | list[Piece] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None  # DeepSeek, xAI, Alibaba, vLLM
    reasoning: str | None = None  # OpenRouter, Groq, gpt-oss
    reasoning_details: list[Detail] | None = None
    tool_calls: list[Call] | None = None
    function_call: Function | None = None
    audio: Object | None = None
    images: list[Object] | None = None


class Choice(msgspec.Struct):
    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    stop_reason: str | int | None = None  # vLLM: the stop sequence, or its token's number


class GroqExtra(msgspec.Struct):
    usage: Object | None = None


class Completion(msgspec.Struct):
    """A whole completion or one chunk of it."""

    id: str | None = None
    object: str | None = None
    created: float | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Object | None = None
    service_tier: str | None = None
    x_groq: GroqExtra | None = None
    error: msgspec.Raw = msgspec.Raw()


_REASONS: Final[Mapping[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def finish_reason(said: str, *, calls: bool, refused: bool) -> FinishReason:
    """Name why the answer ended; a `stop` with tool calls or a refusal is told apart by them.

    Reasons that are not OpenAI's ("eos", "end_turn", ...) are a stop.
    """
    reason = _REASONS.get(said, "stop")
    if reason != "stop":
        return reason
    if calls:
        return "tool_calls"
    return "refusal" if refused else "stop"


def pieces(content: str | list[Piece] | None) -> tuple[str, str, str]:
    """Return the text, the thinking and the refusal of a message's content."""
    if not isinstance(content, list):
        return content or "", "", ""
    text = "".join(piece.text or "" for piece in content)
    thinking = "".join(pieces(piece.thinking)[0] for piece in content if piece.thinking)
    return text, thinking, "".join(piece.refusal or "" for piece in content)


def arguments_of(call: Call) -> str:
    """Return the call's arguments as text, also where a server sent them as an object."""
    if call.custom is not None:
        return call.custom.input or ""
    given = call.function.arguments if call.function else None
    return msgspec.json.encode(given).decode() if isinstance(given, dict) else given or ""


def name_of(call: Call) -> str:
    """Return the tool's name, "" in the later pieces of a stream."""
    if call.custom is not None:
        return call.custom.name or ""
    return (call.function.name or "") if call.function else ""

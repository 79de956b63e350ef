"""What is read of Anthropic's Messages; all that is not named here is stepped over."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from penstock.domain.chat import FinishReason

Object = dict[str, Any]  # wire: an object that is passed on or merged as it is


class Block(msgspec.Struct):
    """A content block of an answer."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw()


class BlockDelta(msgspec.Struct):
    """The `delta` of content_block_delta and of message_delta."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class MessageHead(msgspec.Struct):
    """A whole answer, or the beginning of a streamed one."""

    type: str = ""
    id: str = ""
    model: str = ""
    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Object | None = None
    error: msgspec.Raw = msgspec.Raw()


class StreamEvent(msgspec.Struct):
    """Any event of a stream."""

    type: str = ""
    index: int = 0
    message: MessageHead | str | None = None
    content_block: Block | None = None
    delta: BlockDelta | None = None
    usage: Object | None = None
    error: msgspec.Raw = msgspec.Raw()


_REASONS: Final[Mapping[str, FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "refusal": "refusal",
}


def finish_reason(said: str | None) -> FinishReason:
    """Name why the answer ended; a reason that is new to us is a stop."""
    return _REASONS.get(said or "", "stop")

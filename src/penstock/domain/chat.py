"""Requests, conversations and replies, in no provider's dialect.

`ChatRequest` is what the door hands to the gateway: the raw body and the few facts that routing
needs. `Conversation`, `Reply` and the stream's events are the hub through which one dialect is
translated into another; a request that stays in its own dialect never becomes one.
"""

import enum
from typing import Any, Literal

import msgspec

from penstock.domain.usage import Usage


class Dialect(enum.StrEnum):
    """The interfaces that are spoken, to clients and to providers."""

    OPENAI_CHAT = "openai_chat"
    OPENAI_RESPONSES = "openai_responses"
    ANTHROPIC_MESSAGES = "anthropic_messages"
    OPENAI_EMBEDDINGS = "openai_embeddings"
    OPENAI_COMPLETIONS = "openai_completions"


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as received. `body` is kept verbatim: it is edited in place, never re-encoded."""

    dialect: Dialect
    body: bytes
    model: str
    stream: bool = False
    wants_usage: bool = False
    """The client asked for usage in the stream (chat completions: `stream_options`)."""
    max_output_tokens: int | None = None
    needs: frozenset[str] = frozenset()
    """What the model must be able to do: tools, images, audio, files, json_schema, reasoning."""
    previous_response_id: str | None = None
    store: bool = True
    """Responses only: whether the reply is to be kept for retrieval."""


# --- the hub: a conversation that any dialect can be read into and written from ---


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    text: str
    cache_control: dict[str, Any] | None = None  # wire: Anthropic's mark, passed as it is


class Media(msgspec.Struct, frozen=True, kw_only=True, tag="media"):
    """An image, a sound or a document, by address or inline (base64)."""

    kind: Literal["image", "audio", "file"]
    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    filename: str | None = None
    detail: str | None = None
    file_id: str | None = None


class Reasoning(msgspec.Struct, frozen=True, kw_only=True, tag="reasoning"):
    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    """Content that only the provider can read; it must be handed back as it came."""
    id: str | None = None


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, tag="tool_call"):
    id: str
    name: str
    arguments: str
    """JSON text for functions, free text for custom tools."""
    custom: bool = False
    item_id: str | None = None


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, tag="tool_result"):
    call_id: str
    parts: tuple["Text | Media", ...]
    is_error: bool = False
    custom: bool = False


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    text: str


Part = Text | Media | Reasoning | ToolCall | ToolResult | Refusal
Role = Literal["system", "developer", "user", "assistant", "tool"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    role: Role
    parts: tuple[Part, ...]
    name: str | None = None


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None  # wire: a JSON schema, passed as it is
    strict: bool | None = None
    custom: bool = False


class ResponseFormat(msgspec.Struct, frozen=True, kw_only=True):
    """`schema` None asks for any JSON object."""

    name: str = "answer"
    schema: dict[str, Any] | None = None  # wire: a JSON schema, passed as it is
    strict: bool | None = None
    description: str | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A request in full, dialect-free. Unset means: the provider's default."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str | None = None
    """auto, none, required, or `tool:NAME`."""
    parallel_tool_calls: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    reasoning_tokens: int | None = None
    verbosity: str | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    stream: bool = False
    dropped: tuple[str, ...] = ()
    """Parameters of the source dialect that have no place here; named in a reply header (G15)."""


FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "pause"]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A complete answer, dialect-free."""

    id: str
    model: str
    parts: tuple[Part, ...]
    finish_reason: FinishReason
    usage: Usage | None
    created: int = 0
    stop_sequence: str | None = None


# --- a stream's events; every reader emits these, every writer takes them ---


class Started(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    model: str


class TextDelta(msgspec.Struct, frozen=True, kw_only=True):
    text: str


class RefusalDelta(msgspec.Struct, frozen=True, kw_only=True):
    text: str


class ReasoningDelta(msgspec.Struct, frozen=True, kw_only=True):
    text: str = ""
    signature: str | None = None
    encrypted: str | None = None
    id: str | None = None


class ToolCallStarted(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    """0, 1, ... in order of appearance among this reply's tool calls."""
    id: str
    name: str
    custom: bool = False
    item_id: str | None = None


class ToolCallDelta(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    arguments: str


class OtherContent(msgspec.Struct, frozen=True, kw_only=True):
    """Content without a form in the hub (audio, images, provider tools); passes within a dialect."""

    kind: str


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The dialect's proper end of the answer was seen; usage may still follow."""

    reason: FinishReason
    stop_sequence: str | None = None


class UsageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Usage so far, already merged by field with what this stream said before (G2)."""

    usage: Usage


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more follows: `[DONE]`, `message_stop`, `response.completed`."""


Event = (
    Started
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ToolCallStarted
    | ToolCallDelta
    | OtherContent
    | Finished
    | UsageSeen
    | Ended
)
CONTENT_EVENTS = (TextDelta, RefusalDelta, ReasoningDelta, ToolCallStarted, ToolCallDelta, OtherContent)

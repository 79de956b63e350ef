"""Reads and addresses Messages requests."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec

from penstock.domain.chat import ChatRequest, Dialect
from penstock.wire import json_body, leftovers
from penstock.wire.codec import Encoded, Quirks

Object = dict[str, Any]  # wire: an object of the client's that is passed on as it is


class Block(msgspec.Struct):
    type: str
    content: "str | list[Block] | Object | None" = None


class Message(msgspec.Struct):
    role: str
    content: str | list[Block]


class Typed(msgspec.Struct):
    type: str


class OutputConfig(msgspec.Struct):
    format: Typed | None = None
    effort: str | None = None


class Facts(msgspec.Struct):
    """What is checked of a request before it is sent on. `max_tokens` is Anthropic's to demand."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    max_tokens: int | None = None
    stream: bool | None = None
    system: str | list[Typed] | None = None
    tools: list[Object] | None = None
    tool_choice: Typed | None = None
    thinking: Typed | None = None
    output_config: OutputConfig | None = None
    output_format: Typed | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    metadata: Object | None = None


_BLOCK_NEEDS: Final = {"image": "images", "document": "files", "container_upload": "files"}


def read(body: bytes) -> ChatRequest:
    """Check a Messages request and pick the facts. Usage is always in its stream."""
    facts = json_body.facts(json_body.parse(body), Facts)
    return ChatRequest(
        dialect=Dialect.ANTHROPIC_MESSAGES,
        body=body,
        model=facts.model,
        stream=facts.stream is True,
        wants_usage=True,
        max_output_tokens=facts.max_tokens,
        needs=_needs(facts),
    )


def _needs(facts: Facts) -> frozenset[str]:
    needs = {_BLOCK_NEEDS[kind] for kind in _block_types(facts.messages) if kind in _BLOCK_NEEDS}
    if facts.tools:
        needs.add("tools")
    output = facts.output_config.format if facts.output_config else None
    if output is not None or facts.output_format is not None:
        needs.add("json_schema")
    if facts.thinking is not None and facts.thinking.type != "disabled":
        needs.add("reasoning")
    return frozenset(needs)


def _block_types(messages: list[Message]) -> Iterator[str]:
    for message in messages:
        for block in message.content if isinstance(message.content, list) else ():
            yield block.type
            if isinstance(block.content, list):
                yield from (inner.type for inner in block.content)


def address(request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
    """Edit the body for a target that speaks Messages: model, refused parameters."""
    members = json_body.members(request.body)
    members["model"] = json_body.raw(model)
    dropped = leftovers.refused(members, quirks.drop)
    return Encoded(body=json_body.joined(members), dropped=dropped)

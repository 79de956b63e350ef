"""Reads and addresses Responses requests."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec

from penstock.domain.chat import ChatRequest, Dialect
from penstock.wire import json_body, leftovers
from penstock.wire.codec import Encoded, Quirks

Object = dict[str, Any]  # wire: an object of the client's that is passed on as it is


class Typed(msgspec.Struct):
    type: str


class Item(msgspec.Struct):
    """An input item; a message needs no type."""

    type: str | None = None
    role: str | None = None
    content: str | list[Typed] | None = None
    output: str | list[Typed] | Object | None = None


class TextOptions(msgspec.Struct):
    format: Typed | None = None


class ReasoningOptions(msgspec.Struct):
    effort: str | None = None


class Facts(msgspec.Struct):
    """What is checked of a request before it is sent on."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    input: str | list[Item] | None = None
    instructions: str | list[Object] | None = None
    stream: bool | None = None
    store: bool | None = None
    previous_response_id: str | None = None
    max_output_tokens: int | None = None
    tools: list[Object] | None = None
    tool_choice: str | Object | None = None
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, Any] | None = None  # wire: OpenAI checks its values


_PART_NEEDS: Final = {"input_image": "images", "input_audio": "audio", "input_file": "files"}


def read(body: bytes) -> ChatRequest:
    """Check a Responses request and pick the facts. Usage is always in its stream."""
    facts = json_body.facts(json_body.parse(body), Facts)
    return ChatRequest(
        dialect=Dialect.OPENAI_RESPONSES,
        body=body,
        model=facts.model,
        stream=facts.stream is True,
        wants_usage=True,
        max_output_tokens=facts.max_output_tokens,
        needs=_needs(facts),
        previous_response_id=facts.previous_response_id,
        store=facts.store is not False,
    )


def _needs(facts: Facts) -> frozenset[str]:
    needs = {_PART_NEEDS[kind] for kind in _part_types(facts.input) if kind in _PART_NEEDS}
    if facts.tools:
        needs.add("tools")
    if facts.text is not None and facts.text.format is not None and facts.text.format.type == "json_schema":
        needs.add("json_schema")
    if facts.reasoning is not None and facts.reasoning.effort not in (None, "none"):
        needs.add("reasoning")
    return frozenset(needs)


def _part_types(items: str | list[Item] | None) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        for parts in (item.content, item.output):
            if isinstance(parts, list):
                yield from (part.type for part in parts)


def address(request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
    """Edit the body for a target that speaks Responses: model, refused parameters."""
    members = json_body.members(request.body)
    members["model"] = json_body.raw(model)
    dropped = leftovers.refused(members, quirks.drop)
    return Encoded(body=json_body.joined(members), dropped=dropped)

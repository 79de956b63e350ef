"""Reads and addresses chat completion requests; completions and embeddings share what they share."""

from typing import Annotated, Any, Final

import msgspec

from penstock.domain.chat import ChatRequest, Dialect
from penstock.wire import json_body, leftovers
from penstock.wire.codec import Encoded, Quirks

Object = dict[str, Any]  # wire: an object of the client's that is passed on as it is


class Part(msgspec.Struct):
    type: str


class Message(msgspec.Struct):
    role: str
    content: str | list[Part] | None = None


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Format(msgspec.Struct):
    type: str


class Facts(msgspec.Struct):
    """What is checked of any request before it is sent on."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    user: str | None = None


class ChatFacts(Facts, kw_only=True):
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    max_completion_tokens: int | None = None
    tools: list[Object] | None = None
    functions: list[Object] | None = None
    tool_choice: str | Object | None = None
    response_format: Format | None = None
    reasoning_effort: str | None = None
    modalities: list[str] | None = None
    stop: str | list[str] | None = None


_PART_NEEDS: Final = {"image_url": "images", "input_audio": "audio", "file": "files"}


def read(body: bytes) -> ChatRequest:
    """Check a chat completion request and pick the facts."""
    facts = json_body.facts(json_body.parse(body), ChatFacts)
    cap = facts.max_tokens if facts.max_completion_tokens is None else facts.max_completion_tokens
    return request_of(facts, body, Dialect.OPENAI_CHAT, _needs(facts), cap)


def request_of(
    facts: Facts, body: bytes, dialect: Dialect, needs: frozenset[str] = frozenset(), cap: int | None = None
) -> ChatRequest:
    """Build the request from checked facts; `cap` is the most output tokens that it allows."""
    return ChatRequest(
        dialect=dialect,
        body=body,
        model=facts.model,
        stream=facts.stream is True,
        wants_usage=facts.stream_options is not None and facts.stream_options.include_usage is True,
        max_output_tokens=cap,
        needs=needs,
    )


def _needs(facts: ChatFacts) -> frozenset[str]:
    needs = {
        _PART_NEEDS.get(part.type, "")
        for message in facts.messages
        if isinstance(message.content, list)
        for part in message.content
    } - {""}
    if facts.tools or facts.functions:
        needs.add("tools")
    if "audio" in (facts.modalities or ()):
        needs.add("audio")
    if facts.response_format is not None and facts.response_format.type == "json_schema":
        needs.add("json_schema")
    if facts.reasoning_effort not in (None, "none"):
        needs.add("reasoning")
    return frozenset(needs)


def address(request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
    """Edit the body for a target of the same dialect: model, usage in the stream, refused parameters."""
    members = json_body.members(request.body)
    members["model"] = json_body.raw(model)
    dropped = leftovers.refused(members, quirks.drop)
    if request.stream and quirks.stream_usage:
        members["stream_options"] = _with_usage(members.get("stream_options"))
    elif not quirks.stream_usage and members.pop("stream_options", None) is not None:
        dropped = (*dropped, "stream_options")
    if not quirks.developer_role and b'"developer"' in request.body:
        members["messages"] = _system_for_developer(members["messages"])
    return Encoded(body=json_body.joined(members), dropped=dropped)


def _with_usage(given: msgspec.Raw | None) -> msgspec.Raw:
    """Ask for usage, and leave what else the client's options say."""
    if given is None or bytes(given) == b"null":
        return json_body.raw({"include_usage": True})
    options = json_body.members(bytes(given))
    options["include_usage"] = json_body.raw(True)  # noqa: FBT003 - the value itself
    return json_body.raw(options)


def _system_for_developer(messages: msgspec.Raw) -> msgspec.Raw:
    edited: list[object] = []
    for message in msgspec.json.decode(messages, type=list[msgspec.Raw]):
        members = json_body.members(bytes(message))
        if msgspec.json.decode(members["role"]) == "developer":
            members["role"] = json_body.raw("system")
            edited.append(members)
        else:
            edited.append(message)
    return json_body.raw(edited)

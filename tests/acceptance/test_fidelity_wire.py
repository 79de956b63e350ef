"""Recorded traffic through the wire: byte for byte in its own dialect, the same in substance in another."""

import functools
import gzip
import json
import os
import pathlib
import random

import jsonschema_rs
import pytest

from penstock.domain.chat import (
    ChatRequest,
    Dialect,
    Ended,
    Finished,
    Media,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalDelta,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
    UsageSeen,
)
from penstock.failures import InvalidRequest, Truncated, UpstreamFailure
from penstock.wire import custom_tools, dialects, sse
from penstock.wire.codec import Quirks

ROOT = pathlib.Path(__file__).parents[2]
DATA = pathlib.Path(os.environ.get("PENSTOCK_SHARED_DATA", ROOT.parent / "shared" / "data")) / "api"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded traffic is not on this machine")

APIS = {
    "chat": Dialect.OPENAI_CHAT,
    "responses": Dialect.OPENAI_RESPONSES,
    "messages": Dialect.ANTHROPIC_MESSAGES,
    "completions": Dialect.OPENAI_COMPLETIONS,
    "embeddings": Dialect.OPENAI_EMBEDDINGS,
}
CHATS = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES)
# No dialect has all the words: being stopped by a filter and refusing are one to some of them.
NEAREST = {"refusal": "content_filter", "pause": "stop"}


@functools.cache
def exchanges():
    if not DATA.is_dir():
        return []
    with gzip.open(DATA / "recorded_exchanges.jsonl.gz", "rt") as lines:
        return [row for row in map(json.loads, lines) if row["api"] in APIS]


@functools.cache
def recorded_streams():
    """(id, dialect, bytes) of each stream that is in one of our dialects."""
    if not DATA.is_dir():
        return []
    found = [
        (row["id"], APIS[row["api"]], row["body"].encode()) for row in exchanges() if row["framing"] == "sse"
    ]
    with gzip.open(DATA / "event_streams.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            dialect = dialect_of(row["events"])
            if dialect is not None:
                frames = [framed(event, dialect) for event in row["events"]]
                end = sse.DONE if dialect is Dialect.OPENAI_CHAT else b""
                found.append((row["id"], dialect, b"".join(frames) + end))
    return found


def dialect_of(events):
    kinds = {str(event.get("type")) for event in events}
    if any(event.get("object") == "chat.completion.chunk" for event in events):
        return Dialect.OPENAI_CHAT
    if any(kind.startswith("response.") for kind in kinds) or "response.created" in str(events[0]):
        return Dialect.OPENAI_RESPONSES
    return Dialect.ANTHROPIC_MESSAGES if "message_start" in kinds else None


def framed(event, dialect):
    # Two events of one row were stored without their last brace.
    text = event["_raw"] + "}" if set(event) == {"_raw"} else json.dumps(event, ensure_ascii=False)
    if dialect is Dialect.OPENAI_CHAT:
        return sse.data_frame(text.encode())
    return sse.event_frame(json.loads(text)["type"], text.encode())


def split(body, seed):
    """Cut the stream at random places, many of them inside characters and line ends."""
    random_ = random.Random(seed)
    splitter = sse.Splitter()
    frames, start = [], 0
    while start < len(body):
        size = random_.choice((1, 2, 3, 17, 200, 5000))
        frames += splitter.feed(body[start : start + size])
        start += size
    return frames, splitter.rest


def read_all(dialect, frames):
    reader = dialects.of(dialect).reader()
    return [event for frame in frames for event in reader.read(frame)]


def substance(events):
    """What has to be the same in every dialect."""
    calls = {}
    for event in events:
        if isinstance(event, ToolCallStarted):
            calls[event.index] = [event.id, event.name, ""]
        elif isinstance(event, ToolCallDelta):
            calls[event.index][2] += event.arguments
    finish = next((event.reason for event in events if isinstance(event, Finished)), None)
    counted = [event.usage for event in events if isinstance(event, UsageSeen)]
    return {
        "text": "".join(e.text for e in events if isinstance(e, TextDelta | RefusalDelta)),
        "reasoning": "".join(e.text for e in events if isinstance(e, ReasoningDelta)),
        "calls": [(id_, name, custom_tools.unwrapped(args) or "{}") for id_, name, args in calls.values()],
        "finish": NEAREST.get(finish, finish),
        "usage": counted[-1] and (
            counted[-1].input_tokens, counted[-1].cache_read, counted[-1].output_tokens,
            counted[-1].output_reasoning,
        ) if counted else (0, 0, 0, 0),
    }  # fmt: skip


def request_for(dialect):
    return ChatRequest(
        dialect=dialect, body=b'{"model":"asked"}', model="asked", stream=True, wants_usage=True
    )


STREAMS = recorded_streams()


@pytest.mark.parametrize(("name", "dialect", "body"), STREAMS, ids=[row[0] for row in STREAMS])
def test_frames_of_a_recorded_stream_are_its_bytes(name, dialect, body):
    """G1, G6: a stream that is cut anywhere comes out as the bytes that went in."""
    for seed in range(3):
        frames, rest = split(body, f"{name}{seed}")
        assert b"".join(frames) + rest == body
        assert rest == b""


@pytest.mark.parametrize(("name", "dialect", "body"), STREAMS, ids=[row[0] for row in STREAMS])
@pytest.mark.parametrize("other", CHATS)
def test_a_recorded_stream_means_the_same_in_another_dialect(name, dialect, body, other):
    """G18: text, tool calls, finish reason and usage survive the translation of a stream."""
    frames, _ = split(body, name)
    if other is dialect or dialect is Dialect.OPENAI_COMPLETIONS:
        pytest.skip("nothing to translate")
    try:
        events = read_all(dialect, frames)
    except UpstreamFailure:
        assert "error" in name  # recorded as the failure that it is
        return
    ended = any(isinstance(event, Ended) for event in events)
    writer = dialects.of(other).writer(request_for(other))
    written = b"".join(writer.write(event) for event in [*events, *([] if ended else [Ended()])])
    again = read_all(other, split(written, name)[0])
    assert substance(again) == substance(events)


ENDS = {
    Dialect.OPENAI_RESPONSES: (b'"type": "response.completed"', b'"type":"response.completed"'),
    Dialect.ANTHROPIC_MESSAGES: (b'"type": "message_stop"', b'"type":"message_stop"'),
}


def test_every_recorded_stream_has_a_proper_end():
    """G3: no complete stream is taken for a truncated one; a few rows hold several answers."""
    failed = 0
    for name, dialect, body in STREAMS:
        try:
            events = read_all(dialect, split(body, name)[0])
        except UpstreamFailure:
            failed += 1
            continue
        answers = sum(map(body.count, ENDS.get(dialect, ()))) or 1
        assert sum(isinstance(event, Finished) for event in events) == answers, name
    assert failed <= 2


def test_no_recorded_usage_contradicts_itself():
    """G19: the buckets of every recorded stream add up to its provider's own totals."""
    for name, dialect, body in STREAMS:
        if "error" in name:
            continue
        events = read_all(dialect, split(body, name)[0])
        assert not any(event.usage.inconsistent for event in events if isinstance(event, UsageSeen)), name


def is_answer(path):
    return path.endswith(("/completions", "/responses", "/messages", "/embeddings"))


REPLIES = [
    (row["id"], APIS[row["api"]], row)
    for row in exchanges()
    if row["framing"] == "json"
    and row["status"] == 200
    and row["body"].startswith("{")
    and is_answer(row["path"])
]


def said(reply):
    """What has to be the same in every dialect."""
    counted = reply.usage
    return {
        "text": "".join(part.text for part in reply.parts if isinstance(part, Text | Refusal)),
        "reasoning": "".join(part.text for part in reply.parts if isinstance(part, Reasoning)),
        "calls": [
            (part.id, part.name, json_or_text(custom_tools.unwrapped(part.arguments)))
            for part in reply.parts
            if isinstance(part, ToolCall)
        ],
        "finish": NEAREST.get(reply.finish_reason, reply.finish_reason),
        "usage": (counted.input_tokens, counted.output_tokens, counted.cache_read) if counted else (0, 0, 0),
    }


def json_or_text(text):
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


@pytest.mark.parametrize(("name", "dialect", "row"), REPLIES, ids=[row[0] for row in REPLIES])
def test_a_recorded_reply_means_the_same_in_another_dialect(name, dialect, row):
    """G18: text, tool calls, finish reason and usage survive the translation of a whole reply."""
    reply = dialects.of(dialect).read_reply(row["body"].encode())
    for other in CHATS if dialect in CHATS else ():
        written = dialects.of(other).write_reply(reply, request_for(other))
        assert said(dialects.of(other).read_reply(written)) == said(reply)


REQUESTS = [
    (row["id"], APIS[row["api"]], row["request"])
    for row in exchanges()
    if isinstance(row["request"], dict) and APIS[row["api"]] in CHATS
]


@pytest.mark.parametrize(("name", "dialect", "asked"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_a_recorded_request_asks_the_same_in_another_dialect(name, dialect, asked):
    """G18: messages and tools survive the translation of a request, and back."""
    body = json.dumps(asked).encode()
    if "model" not in asked:
        pytest.skip("the model stood in the address")
    codec = dialects.of(dialect)
    codec.read_request(body)
    conversation = codec.decode(body)
    for other in CHATS:
        if not takes(other, conversation):
            with pytest.raises(InvalidRequest):
                dialects.of(other).encode(conversation, "other", Quirks())
            continue
        encoded = dialects.of(other).encode(conversation, "other", Quirks())
        dialects.of(other).read_request(encoded.body)
        again = dialects.of(other).decode(encoded.body)
        assert turns(again) == turns(conversation)
        assert sorted(media(again)) == sorted(media(conversation))
        assert [tool.name for tool in again.tools] == [tool.name for tool in conversation.tools]
        assert [schema(tool) for tool in again.tools] == [schema(tool) for tool in conversation.tools]


def takes(dialect, conversation):
    """Anthropic takes no sound, chat completions no document by its address: both are refused."""
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        return all(kind != "audio" for kind, _ in media(conversation))
    shown = [part for message in conversation.messages for part in message.parts]
    shown += [inner for part in shown if isinstance(part, ToolResult) for inner in part.parts]
    by_address = any(isinstance(part, Media) and part.kind == "file" and part.url for part in shown)
    return dialect is not Dialect.OPENAI_CHAT or not by_address


def schema(tool):
    """A tool's parameters; custom tools are functions with one string elsewhere."""
    if tool.custom:
        return custom_tools.PARAMETERS
    return {"type": "object", "properties": {}, **(tool.parameters or {})}


def turns(conversation):
    """Who said what, in order; how it is cut into messages is each dialect's own.

    Instructions between turns keep their place, as a user's where there is no other form; within one
    message, chat completions have the text before the calls.
    """
    found = []
    for message in conversation.messages:
        role = message.role
        if role in ("system", "developer"):
            role = "user" if any(turn[0] != "system" for turn in found) else "system"
        for part in sorted(message.parts, key=lambda part: isinstance(part, ToolCall)):
            if isinstance(part, Text | Refusal) and part.text:
                found.append((role, part.text))
            elif isinstance(part, ToolCall):
                found.append((role, part.id, part.name, json_or_text(custom_tools.unwrapped(part.arguments))))
            elif isinstance(part, ToolResult):
                text = "".join(inner.text for inner in part.parts if isinstance(inner, Text))
                found.append((role, part.call_id, text.removesuffix("(shown in the next message)")))
    return found


def media(conversation):
    """Everything that is shown or attached, also in tool results."""
    parts = [part for message in conversation.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.parts]
    return [(p.kind, p.data or p.url or p.file_id) for p in parts if isinstance(p, Media)]


@functools.cache
def schemas():
    """All schemas of OpenAI's document, which marks null the old way here and there."""
    with gzip.open(DATA / "openai_openapi.json.gz", "rt") as document:
        return plain(json.load(document)["components"]["schemas"])


@functools.cache
def validator(name):
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas()}}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=False)


def plain(schema):
    """JSON Schema without what OpenAPI adds to it."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: plain(value) for name, value in schema.items() if name != "discriminator"}
    return {"anyOf": [kept, {"type": "null"}]} if kept.pop("nullable", False) is True else kept


@functools.cache
def event_schema(kind):
    """The schema of a Responses event, by its type: `response.output_text.delta`."""
    special = {
        "response.output_text.delta": "ResponseTextDeltaEvent",
        "response.output_text.done": "ResponseTextDoneEvent",
    }
    parts = kind.replace("_", ".").split(".")
    return special.get(kind) or "".join(map(str.capitalize, parts)) + "Event"


def without_custom_tools(event):
    """Say whether a chunk has no call of a custom tool, whose pieces the document does not know yet."""
    return not any(
        "custom" in call for choice in event["choices"] for call in choice["delta"].get("tool_calls", ())
    )


def test_every_reply_that_is_written_is_valid():
    """G18: each recorded answer, written as OpenAI's, is what OpenAI's own document describes."""
    for name, dialect, row in REPLIES:
        if dialect not in CHATS:
            continue
        reply = dialects.of(dialect).read_reply(row["body"].encode())
        for other, schema_name in (
            (Dialect.OPENAI_CHAT, "CreateChatCompletionResponse"),
            (Dialect.OPENAI_RESPONSES, "Response"),
        ):
            written = json.loads(dialects.of(other).write_reply(reply, request_for(other)))
            assert [str(error) for error in validator(schema_name).iter_errors(written)] == [], name


@pytest.mark.parametrize("other", [Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES])
def test_every_event_that_is_written_is_valid(other):
    """G18: the same for each event of each stream, and for the failure at the end of one."""
    checked = 0
    for name, dialect, body in STREAMS:
        if dialect not in CHATS or "error" in name:
            continue
        writer = dialects.of(other).writer(request_for(other))
        written = b"".join(map(writer.write, read_all(dialect, split(body, name)[0])))
        failed = dialects.of(other).write_failure_frame(Truncated("cut"), "r1")
        for frame in sse.Splitter().feed(written + failed):
            data = sse.data_of(frame)[1]
            if data == b"[DONE]":
                continue
            event = json.loads(data)
            if other is Dialect.OPENAI_RESPONSES:
                schema_name = (
                    "ResponseErrorEvent" if event["type"] == "error" else event_schema(event["type"])
                )
            elif "error" in event:
                schema_name = "ErrorResponse"
            else:
                schema_name = "CreateChatCompletionStreamResponse"
                if not without_custom_tools(event):
                    continue
            assert [str(error) for error in validator(schema_name).iter_errors(event)] == [], (name, event)
            checked += 1
    assert checked > 10_000


ACTIONS = {
    "RateLimited": "retry_after or retry; fallback if the wait is longer than a minute",
    "ServerFault": "retry",
    "Overloaded": "retry or fallback",
    "QuotaExhausted": "fallback",
    "TooLargeForLimit": "fallback",
    "ContextLength": "fallback",
    "Rejected": "fail",
    "ModelMissing": "fail",
    "KeyRejected": "fail",
    "ContentFilter": "fail",
}


def action_of(failure):
    """What a gateway does about a failure, in the words of the recorded rows."""
    kind = type(failure).__name__
    if kind == "RateLimited" and (failure.retry_after or 0) > 60:
        return {"fallback"}
    return set(ACTIONS[kind].split(";")[0].split(" or "))


def test_each_recorded_error_gets_the_action_that_is_expected():
    """G10: the taxonomy, over all recorded error bodies; prints the mapping."""
    rows = [json.loads(line) for line in (DATA / "error_bodies.jsonl").read_text().splitlines()]
    for row in rows:
        codec = dialects.of(APIS.get(row.get("api"), Dialect.OPENAI_CHAT))
        body = row["body"].encode()
        if row["where"] == "stream":
            frame = sse.Splitter().feed(body)[0]
            codec = dialects.of(
                Dialect.ANTHROPIC_MESSAGES if row["provider"] == "anthropic" else Dialect.OPENAI_RESPONSES
            )
            with pytest.raises(UpstreamFailure) as caught:
                codec.reader().read(frame)
            failure = caught.value
        else:
            failure = codec.classify(row["status"], row["headers"], body)
        expected = row["expect"]
        print(f"{row['id']:8} {row['status']} {expected['action']:12} {type(failure).__name__}")  # noqa: T201
        assert expected["action"] in action_of(failure), row["id"]
        if expected["wait_s"] is not None:
            assert failure.retry_after == pytest.approx(expected["wait_s"])

"""Recorded traffic through the wire: byte for byte in its own dialect, the same in substance in another."""

import collections
import functools
import gzip
import json
import os
import pathlib
import random

import pytest

from penstock.domain.chat import (
    ChatRequest,
    Dialect,
    Ended,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageSeen,
)
from penstock.failures import UpstreamFailure
from penstock.wire import custom_tools, dialects, errors, sse
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
    text = event["_raw"] if set(event) == {"_raw"} else json.dumps(event, ensure_ascii=False)
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
    return ChatRequest(dialect=dialect, body=b'{"model":"asked"}', model="asked", stream=True, wants_usage=True)


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


def test_every_recorded_stream_has_a_proper_end():
    """G3: no complete stream is taken for a truncated one, and each says what it used if it did."""
    ends = collections.Counter()
    for name, dialect, body in STREAMS:
        try:
            events = read_all(dialect, split(body, name)[0])
        except UpstreamFailure:
            ends["failed"] += 1
            continue
        ends[sum(isinstance(event, Finished) for event in events)] += 1
    print(dict(ends))
    assert set(ends) <= {1, "failed"}
    assert ends["failed"] <= 2

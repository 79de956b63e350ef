"""A plain text answer as a provider would send it, in every dialect, whole and as a stream.

Written independently of `wire`, after the providers' own documentation, so that each checks the other.
"""

import math
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from penstock.domain.chat import Dialect

Json = dict[str, Any]  # wire: a provider's JSON
DONE: Final = b"data: [DONE]\n\n"
DIMENSIONS: Final = 64


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. Each of `tokens` becomes one frame of the stream."""

    tokens: tuple[str, ...]
    model: str
    id: str = "1"
    created: int = 1_700_000_000
    input_tokens: int = 12
    with_usage: bool = True
    finish: str = "stop"
    """As chat completions say it: stop, length, content_filter."""

    @property
    def text(self) -> str:
        return "".join(self.tokens)


class Frames(msgspec.Struct, frozen=True, kw_only=True):
    """A stream in its parts, so that a fault can be put between any two of them."""

    opening: tuple[bytes, ...]
    content: tuple[bytes, ...]
    closing: tuple[bytes, ...]
    """The finish reason and the usage."""
    done: tuple[bytes, ...]
    """What says that nothing follows."""

    @property
    def all(self) -> tuple[bytes, ...]:
        return self.opening + self.content + self.closing + self.done


def whole(dialect: Dialect, speech: Speech) -> bytes:
    """The complete answer as JSON."""
    return msgspec.json.encode(_WHOLE[dialect](speech))


def frames(dialect: Dialect, speech: Speech) -> Frames:
    """The same answer as a stream of server-sent events."""
    return _FRAMES[dialect](speech)


def vector(text: str) -> list[float]:
    """A direction that depends on the text alone, of length 1: equal texts are equal, nothing more."""
    raw = [zlib.crc32(f"{n}:{text}".encode()) / 2**31 - 1 for n in range(DIMENSIONS)]
    length = math.sqrt(sum(x * x for x in raw)) or 1.0
    return [round(x / length, 7) for x in raw]


def embeddings(texts: list[str], model: str, *, base64: bool, tokens: int) -> bytes:
    """An answer to a request for embeddings."""
    form: Callable[[str], object] = _packed if base64 else vector
    rows = [{"object": "embedding", "index": n, "embedding": form(text)} for n, text in enumerate(texts)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode({"object": "list", "data": rows, "model": model, "usage": usage})


def error(dialect: Dialect, kind: str, code: str | None, message: str) -> bytes:
    """An error body in that dialect."""
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        told: Json = {"type": "error", "error": {"type": kind, "message": message}}
    else:
        told = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return msgspec.json.encode(told)


def error_frame(dialect: Dialect, kind: str, code: str | None, message: str) -> bytes:
    """An error event inside a stream of that dialect."""
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        return event("error", {"type": "error", "error": {"type": kind, "message": message}})
    if dialect is Dialect.OPENAI_RESPONSES:
        told = {
            "type": "error",
            "code": code or kind,
            "message": message,
            "param": None,
            "sequence_number": 99,
        }
        return event("error", told)
    return b"data: " + error(dialect, kind, code, message) + b"\n\n"


def event(name: str, value: Mapping[str, object]) -> bytes:
    """A frame with a name, as Responses and Messages have them."""
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(value) + b"\n\n"


def _packed(text: str) -> str:
    packed = struct.pack(f"<{DIMENSIONS}f", *vector(text))
    return msgspec.to_builtins(packed)  # type: ignore[no-any-return]  # bytes become base64 text


# --- chat completions and completions ---


def _openai_usage(speech: Speech) -> Json:
    output = len(speech.tokens)
    return {
        "prompt_tokens": speech.input_tokens,
        "completion_tokens": output,
        "total_tokens": speech.input_tokens + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _chat_whole(speech: Speech) -> Json:
    message = {"role": "assistant", "content": speech.text, "refusal": None}
    reply: Json = {
        "id": f"chatcmpl-{speech.id}",
        "object": "chat.completion",
        "created": speech.created,
        "model": speech.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": speech.finish}],
    }
    return reply | {"usage": _openai_usage(speech)} if speech.with_usage else reply


def chat_chunk(speech: Speech, delta: Json, finish: str | None = None, **more: object) -> bytes:
    """One chunk of a chat completion; `more` are further top-level fields."""
    value = {
        "id": f"chatcmpl-{speech.id}",
        "object": "chat.completion.chunk",
        "created": speech.created,
        "model": speech.model,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }
    return b"data: " + msgspec.json.encode(value | more) + b"\n\n"


def _chat_frames(speech: Speech) -> Frames:
    usage = (chat_chunk(speech, {}, choices=[], usage=_openai_usage(speech)),) if speech.with_usage else ()
    return Frames(
        opening=(chat_chunk(speech, {"role": "assistant", "content": ""}),),
        content=tuple(chat_chunk(speech, {"content": token}) for token in speech.tokens),
        closing=(chat_chunk(speech, {}, speech.finish), *usage),
        done=(DONE,),
    )


def _completion(speech: Speech, text: str, finish: str | None) -> Json:
    return {
        "id": f"cmpl-{speech.id}",
        "object": "text_completion",
        "created": speech.created,
        "model": speech.model,
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}],
    }


def _completion_whole(speech: Speech) -> Json:
    reply = _completion(speech, speech.text, speech.finish)
    return reply | {"usage": _openai_usage(speech)} if speech.with_usage else reply


def _completion_frames(speech: Speech) -> Frames:
    def data(value: Json) -> bytes:
        return b"data: " + msgspec.json.encode(value) + b"\n\n"

    last = _completion(speech, "", speech.finish)
    usage = _completion(speech, "", None) | {"choices": [], "usage": _openai_usage(speech)}
    return Frames(
        opening=(),
        content=tuple(data(_completion(speech, token, None)) for token in speech.tokens),
        closing=(data(last), data(usage)) if speech.with_usage else (data(last),),
        done=(DONE,),
    )


# --- Responses ---


def _response(speech: Speech, status: str, output: list[Json]) -> Json:
    done = status == "completed"
    return {
        "id": f"resp_{speech.id}",
        "object": "response",
        "created_at": speech.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": speech.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": _responses_usage(speech) if done and speech.with_usage else None,
        "metadata": {},
    }


def _responses_usage(speech: Speech) -> Json:
    output = len(speech.tokens)
    return {
        "input_tokens": speech.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": speech.input_tokens + output,
    }


def _item(speech: Speech, status: str, content: list[Json]) -> Json:
    return {
        "id": f"msg_{speech.id}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _responses_whole(speech: Speech) -> Json:
    return _response(speech, "completed", [_item(speech, "completed", [_part(speech.text)])])


def _responses_frames(speech: Speech) -> Frames:
    number = 0

    def numbered(kind: str, **fields: object) -> bytes:
        nonlocal number
        number += 1
        return event(kind, {"type": kind, "sequence_number": number - 1, **fields})

    place = {"item_id": f"msg_{speech.id}", "output_index": 0, "content_index": 0}
    begun = _response(speech, "in_progress", [])
    part = _part(speech.text)
    item = _item(speech, "completed", [part])
    return Frames(
        opening=(
            numbered("response.created", response=begun),
            numbered("response.in_progress", response=begun),
            numbered("response.output_item.added", output_index=0, item=_item(speech, "in_progress", [])),
            numbered("response.content_part.added", **place, part=_part("")),
        ),
        content=tuple(
            numbered("response.output_text.delta", **place, delta=token, logprobs=[])
            for token in speech.tokens
        ),
        closing=(
            numbered("response.output_text.done", **place, text=speech.text, logprobs=[]),
            numbered("response.content_part.done", **place, part=part),
            numbered("response.output_item.done", output_index=0, item=item),
        ),
        done=(numbered("response.completed", response=_responses_whole(speech)),),
    )


# --- Messages ---

_STOP: Final = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}


def _message(speech: Speech, content: list[Json], stop: str | None, output: int) -> Json:
    return {
        "id": f"msg_{speech.id}",
        "type": "message",
        "role": "assistant",
        "model": speech.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": speech.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output,
        },
    }


def _messages_whole(speech: Speech) -> Json:
    content = [{"type": "text", "text": speech.text}]
    reply = _message(speech, content, _STOP[speech.finish], len(speech.tokens))
    if not speech.with_usage:
        del reply["usage"]
    return reply


def _messages_frames(speech: Speech) -> Frames:
    started = _message(speech, [], None, 1)
    ended: Json = {
        "type": "message_delta",
        "delta": {"stop_reason": _STOP[speech.finish], "stop_sequence": None},
        "usage": {"output_tokens": len(speech.tokens)},
    }
    if not speech.with_usage:
        del started["usage"], ended["usage"]
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    return Frames(
        opening=(
            event("message_start", {"type": "message_start", "message": started}),
            event("content_block_start", block),
            event("ping", {"type": "ping"}),
        ),
        content=tuple(
            event(
                "content_block_delta",
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": token}},
            )
            for token in speech.tokens
        ),
        closing=(
            event("content_block_stop", {"type": "content_block_stop", "index": 0}),
            event("message_delta", ended),
        ),
        done=(event("message_stop", {"type": "message_stop"}),),
    )


_WHOLE: Final = {
    Dialect.OPENAI_CHAT: _chat_whole,
    Dialect.OPENAI_COMPLETIONS: _completion_whole,
    Dialect.OPENAI_RESPONSES: _responses_whole,
    Dialect.ANTHROPIC_MESSAGES: _messages_whole,
}
_FRAMES: Final = {
    Dialect.OPENAI_CHAT: _chat_frames,
    Dialect.OPENAI_COMPLETIONS: _completion_frames,
    Dialect.OPENAI_RESPONSES: _responses_frames,
    Dialect.ANTHROPIC_MESSAGES: _messages_frames,
}

"""A provider on loopback that speaks as OpenAI and as Anthropic: `model_server.py PORT`.

It answers every question with SENTENCE. Given tools and a question it calls the first one, and given
the tool's result it answers; asked for a JSON schema it makes something that fits. `GET /seen` lists
what it was asked.
"""

import asyncio
import base64
import json
import struct
import sys
from collections.abc import Iterator
from typing import Any

from aiohttp import web

SENTENCE = "The penstock carries water to the turbine."
WORDS = [word + " " for word in SENTENCE.split()]
WORDS[-1] = WORDS[-1].strip()
OPENAI_USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "total_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
ANTHROPIC_USAGE = {
    "input_tokens": 21,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 9,
}
seen: list[dict[str, Any]] = []


def sample(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> Any:
    """A value that fits a JSON schema, as far as clients write them."""
    definitions = definitions or schema.get("$defs") or schema.get("definitions") or {}
    if "$ref" in schema:
        return sample(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    for union in ("anyOf", "oneOf", "allOf"):
        if schema.get(union):
            return sample(schema[union][0], definitions)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: sample(part, definitions) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}), definitions)]
    return {"integer": 7, "number": 7.5, "boolean": True, "null": None}.get(kind, "turbine")


# --- chat completions ---


def chat_answer(body: dict[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
    """Text, or the function to call."""
    tools = [tool["function"] for tool in body.get("tools", []) if tool.get("type") == "function"]
    forced = body.get("tool_choice") not in (None, "auto", "none")
    answered = body["messages"][-1]["role"] == "tool"
    wanted = body["tool_choice"]["function"]["name"] if isinstance(body.get("tool_choice"), dict) else None
    chosen = next((tool for tool in tools if tool["name"] == wanted), tools[0] if tools else None)
    if chosen and body.get("tool_choice") != "none" and (forced or (not answered and "tool" in asked(body))):
        return None, {"name": chosen["name"], "arguments": json.dumps(sample(chosen.get("parameters", {})))}
    form = body.get("response_format", {})
    if form.get("type") == "json_schema":
        return json.dumps(sample(form["json_schema"]["schema"])), None
    if form.get("type") == "json_object":
        return json.dumps({"name": "turbine", "number": 7}), None
    return SENTENCE, None


def asked(body: dict[str, Any]) -> str:
    """The words of the last question: a client calls a tool only where the question says so."""
    history = body.get("messages") or body["input"]
    if isinstance(history, str):
        return history
    questions = [message for message in history if message.get("role") == "user"]
    return json.dumps(questions[-1]["content"]) if questions else ""


async def chat(request: web.Request) -> web.StreamResponse:
    body = await read(request)
    text, call = chat_answer(body)
    if body.get("stream"):
        return await send_events(request, chat_frames(body, text, call))
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if call:
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
    finish = "tool_calls" if call else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return web.json_response(
        {**chat_head(body, "chat.completion"), "choices": [choice], "usage": OPENAI_USAGE}
    )


def chat_head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": body["model"]}


def chat_frames(body: dict[str, Any], text: str | None, call: dict[str, Any] | None) -> Iterator[bytes]:
    head = chat_head(body, "chat.completion.chunk")

    def delta(content: dict[str, Any], finish: str | None = None) -> bytes:
        return data({**head, "choices": [{"index": 0, "delta": content, "finish_reason": finish}]})

    yield delta({"role": "assistant", "content": None if call else ""})
    if call:
        opening = {"name": call["name"], "arguments": ""}
        yield delta({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": opening}]})
        for piece in pieces(call["arguments"]):
            yield delta({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    for piece in pieces(text or ""):
        yield delta({"content": piece})
    yield delta({}, "tool_calls" if call else "stop")
    if body.get("stream_options", {}).get("include_usage"):
        yield data({**head, "choices": [], "usage": OPENAI_USAGE})
    yield b"data: [DONE]\n\n"


# --- responses ---


async def responses(request: web.Request) -> web.StreamResponse:
    body = await read(request)
    item = response_item(body)
    if body.get("stream"):
        return await send_events(request, response_frames(body, item))
    return web.json_response(response(body, "completed", [item]))


def response(body: dict[str, Any], status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": 21,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 30,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "model": body["model"],
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "usage": usage if status == "completed" else None,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
    }


def response_item(body: dict[str, Any]) -> dict[str, Any]:
    tools = [tool for tool in body.get("tools", []) if tool.get("type") == "function"]
    answered = isinstance(body["input"], list) and body["input"][-1].get("type") == "function_call_output"
    if tools and not answered and "tool" in asked(body):
        arguments = json.dumps(sample(tools[0].get("parameters") or {}))
        call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tools[0]["name"]}
        return {**call, "arguments": arguments, "status": "completed"}
    form = body.get("text", {}).get("format", {})
    text = json.dumps(sample(form["schema"])) if form.get("type") == "json_schema" else SENTENCE
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def response_frames(body: dict[str, Any], item: dict[str, Any]) -> Iterator[bytes]:
    numbers = iter(range(1000))

    def event(kind: str, **fields: Any) -> bytes:
        return named(kind, {"type": kind, "sequence_number": next(numbers), **fields})

    yield event("response.created", response=response(body, "in_progress", []))
    place = {"item_id": item["id"], "output_index": 0}
    if item["type"] == "function_call":
        opening = {**item, "arguments": "", "status": "in_progress"}
        yield event("response.output_item.added", output_index=0, item=opening)
        for piece in pieces(item["arguments"]):
            yield event("response.function_call_arguments.delta", **place, delta=piece)
        yield event(
            "response.function_call_arguments.done", **place, name=item["name"], arguments=item["arguments"]
        )
    else:
        part = item["content"][0]
        opening = {**item, "content": [], "status": "in_progress"}
        yield event("response.output_item.added", output_index=0, item=opening)
        yield event("response.content_part.added", **place, content_index=0, part={**part, "text": ""})
        for piece in pieces(part["text"]):
            yield event("response.output_text.delta", **place, content_index=0, delta=piece, logprobs=[])
        yield event("response.output_text.done", **place, content_index=0, text=part["text"], logprobs=[])
        yield event("response.content_part.done", **place, content_index=0, part=part)
    yield event("response.output_item.done", output_index=0, item=item)
    yield event("response.completed", response=response(body, "completed", [item]))


# --- messages ---


async def messages(request: web.Request) -> web.StreamResponse:
    body = await read(request)
    block = message_block(body)
    reason = "tool_use" if block["type"] == "tool_use" else "end_turn"
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [block],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": ANTHROPIC_USAGE,
    }
    if body.get("stream"):
        return await send_events(request, message_frames(message, block))
    return web.json_response(message)


def message_block(body: dict[str, Any]) -> dict[str, Any]:
    tools = [tool for tool in body.get("tools", []) if "input_schema" in tool]
    last = body["messages"][-1]["content"]
    answered = isinstance(last, list) and any(part["type"] == "tool_result" for part in last)
    choice = body.get("tool_choice", {}).get("type", "auto")
    if (
        tools
        and choice != "none"
        and (choice in ("any", "tool") or (not answered and "tool" in json.dumps(last)))
    ):
        return {
            "type": "tool_use",
            "id": "toolu_1",
            "name": tools[0]["name"],
            "input": sample(tools[0]["input_schema"]),
        }
    form = body.get("output_config", {}).get("format") or body.get("output_format") or {}
    text = json.dumps(sample(form["schema"])) if form.get("type") == "json_schema" else SENTENCE
    return {"type": "text", "text": text}


def message_frames(message: dict[str, Any], block: dict[str, Any]) -> Iterator[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        return named(kind, {"type": kind, **fields})

    usage = {**ANTHROPIC_USAGE, "output_tokens": 1}
    yield event("message_start", message={**message, "content": [], "stop_reason": None, "usage": usage})
    empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
    yield event("content_block_start", index=0, content_block=empty)
    yield event("ping")
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
    else:
        written = json.dumps(block["input"])
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(written)]
    for delta in deltas:
        yield event("content_block_delta", index=0, delta=delta)
    yield event("content_block_stop", index=0)
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=end, usage={"output_tokens": 9})
    yield event("message_stop")


async def count_tokens(request: web.Request) -> web.Response:
    body = await read(request)
    return web.json_response({"input_tokens": len(json.dumps(body)) // 4})


# --- the rest ---


async def embeddings(request: web.Request) -> web.Response:
    body = await read(request)
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vector = [0.25, -0.5, 1.0]
    packed = base64.b64encode(struct.pack("<3f", *vector)).decode()
    shown: Any = packed if body.get("encoding_format") == "base64" else vector
    rows = [{"object": "embedding", "index": index, "embedding": shown} for index in range(len(texts))]
    usage = {"prompt_tokens": 6, "total_tokens": 6}
    return web.json_response({"object": "list", "data": rows, "model": body["model"], "usage": usage})


async def models(_: web.Request) -> web.Response:
    row = {"id": "river", "object": "model", "created": 1_700_000_000, "owned_by": "tests"}
    return web.json_response({"object": "list", "data": [row]})


async def show_seen(_: web.Request) -> web.Response:
    return web.json_response(seen)


async def read(request: web.Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(await request.read())
    seen.append({"path": request.path, "headers": dict(request.headers), "body": body})
    return body


def pieces(text: str) -> Iterator[str]:
    """Text in the small parts in which models write."""
    for start in range(0, len(text), 9):
        yield text[start : start + 9]


def data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def named(event: str, value: dict[str, Any]) -> bytes:
    return f"event: {event}\n".encode() + data(value)


async def send_events(request: web.Request, frames: Iterator[bytes]) -> web.StreamResponse:
    reply = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await reply.prepare(request)
    for frame in frames:
        await reply.write(frame)
    await reply.write_eof()
    return reply


def application() -> web.Application:
    app = web.Application(client_max_size=50_000_000)
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/responses", responses)
    app.router.add_post("/v1/messages", messages)
    app.router.add_post("/v1/messages/count_tokens", count_tokens)
    app.router.add_post("/v1/embeddings", embeddings)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/seen", show_seen)
    return app


async def serve(port: int) -> None:
    runner = web.AppRunner(application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

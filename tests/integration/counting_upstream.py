"""A provider that keeps its own books: python counting_upstream.py BOOK, prints its port when it listens.

It speaks OpenAI chat completions, whole and streamed. Every prompt carries a marker; BOOK gets a line
`begin MARKER` when a request arrives, and `served MARKER` once its answer has been handed over in full.
The usage of an answer follows from its marker, so that others can tell what it has to cost.
"""

import asyncio
import json
import os
import re
import sys
import zlib
from pathlib import Path

from aiohttp import web

MARKER = re.compile(r"marker:([0-9a-f]{32})")
STEP_SECONDS = 0.004


def usage_of(marker: str) -> tuple[int, int]:
    """Tokens in and out."""
    seed = zlib.crc32(marker.encode())
    return 10 + seed % 90, 4 + seed % 12


class Book:
    """Lines in a file, each written at once."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, event: str, marker: str) -> None:
        os.write(self._file, f"{event} {marker}\n".encode())


def usage_body(marker: str) -> dict[str, int]:
    tokens_in, tokens_out = usage_of(marker)
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }


async def whole(marker: str) -> web.Response:
    await asyncio.sleep(STEP_SECONDS * 3)
    message = {"role": "assistant", "content": f"answer to {marker}"}
    return web.json_response(
        {
            "id": f"chatcmpl-{marker}",
            "object": "chat.completion",
            "created": 1,
            "model": "counted-1",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": usage_body(marker),
        }
    )


def frame(marker: str, **fields: object) -> bytes:
    head = {"id": f"chatcmpl-{marker}", "object": "chat.completion.chunk", "created": 1, "model": "counted-1"}
    return b"data: " + json.dumps({**head, **fields}).encode() + b"\n\n"


def choice(delta: dict[str, str], reason: str | None = None) -> list[dict[str, object]]:
    return [{"index": 0, "delta": delta, "finish_reason": reason}]


async def streamed(request: web.Request, marker: str) -> web.StreamResponse:
    reply = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await reply.prepare(request)
    for number in range(usage_of(marker)[1]):
        await reply.write(frame(marker, choices=choice({"content": f"{number} "})))
        await asyncio.sleep(STEP_SECONDS)
    await reply.write(frame(marker, choices=choice({}, "stop")))
    await reply.write(frame(marker, choices=[], usage=usage_body(marker)))
    await reply.write(b"data: [DONE]\n\n")
    await reply.write_eof()
    return reply


def application(book: Book) -> web.Application:
    async def complete(request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        found = MARKER.search(json.dumps(asked["messages"]))
        if found is None:  # somebody looks whether a model answers
            return await whole("0" * 32)
        marker = found[1]
        book.note("begin", marker)
        if asked.get("stream"):
            reply = await streamed(request, marker)
        else:
            reply = await whole(marker)
            await reply.prepare(request)
            await reply.write_eof()
        book.note("served", marker)
        return reply

    async def models(_request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "counted", "object": "model"}]})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    app.router.add_get("/v1/models", models)
    return app


async def main(path: Path) -> None:
    runner = web.AppRunner(application(Book(path)), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (address,) = runner.addresses
    sys.stdout.write(f"{address[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

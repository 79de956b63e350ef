"""POST /v1/chat/completions."""

from typing import Any

import msgspec

from penstock.http.billable import FAILURES, Billable
from penstock.http.routes import Route


class ChatBody(msgspec.Struct, kw_only=True):
    """What is looked at; everything else is passed on as it came (G15)."""

    model: str
    messages: list[dict[str, Any]]  # wire: described by the dialect, not by us
    stream: bool = False
    max_completion_tokens: int | None = None
    max_tokens: int | None = None


def routes(handler: Billable) -> tuple[Route, ...]:
    """The route of this dialect."""
    return (
        Route(
            method="POST",
            path="/v1/chat/completions",
            handler=handler,
            access="key",
            billable=True,
            summary="Answer a conversation (OpenAI's chat completions).",
            body=ChatBody,
            failures=FAILURES,
        ),
    )

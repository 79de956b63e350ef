"""POST /v1/completions: `prompt` and `suffix` go through untouched, for autocompletion."""

from typing import Any

import msgspec

from penstock.http.billable import FAILURES, Billable
from penstock.http.routes import Route


class CompletionsBody(msgspec.Struct, kw_only=True):
    """What is looked at; everything else is passed on as it came (G15)."""

    model: str
    prompt: Any = None  # wire: text, tokens, or lists of them
    suffix: str | None = None
    stream: bool = False
    max_tokens: int | None = None


def routes(handler: Billable) -> tuple[Route, ...]:
    """The route of this dialect."""
    return (
        Route(
            method="POST",
            path="/v1/completions",
            handler=handler,
            access="key",
            billable=True,
            summary="Continue or fill in a text (OpenAI's completions).",
            body=CompletionsBody,
            failures=FAILURES,
        ),
    )

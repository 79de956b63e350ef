"""POST /v1/embeddings."""

from typing import Any

import msgspec

from penstock.http.billable import FAILURES, Billable
from penstock.http.routes import Route


class EmbeddingsBody(msgspec.Struct, kw_only=True):
    """What is looked at; everything else is passed on as it came (G15)."""

    model: str
    input: Any  # wire: text, tokens, or lists of them


def routes(handler: Billable) -> tuple[Route, ...]:
    """The route of this dialect."""
    return (
        Route(
            method="POST",
            path="/v1/embeddings",
            handler=handler,
            access="key",
            billable=True,
            summary="Turn texts into vectors (OpenAI's embeddings).",
            body=EmbeddingsBody,
            failures=FAILURES,
        ),
    )

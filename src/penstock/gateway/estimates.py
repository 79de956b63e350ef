"""What a call will probably consume, before it is made (G22)."""

from typing import Final

import msgspec

from penstock.domain.chat import (
    ChatRequest,
    Conversation,
    Dialect,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from penstock.domain.usage import Usage

BYTES_PER_TOKEN: Final = 4
"""English text and code in JSON; the truth comes with the settlement."""
FIRST_GUESS: Final = 500
"""Output tokens of a model that has not answered yet."""
WEIGHT: Final = 0.1
"""Of the newest answer in the moving mean."""
HEADROOM: Final = 1.5
"""Answers vary: the hold is larger than the mean."""


class Estimates:
    """Learns per model how much it usually writes."""

    def __init__(self) -> None:
        self._mean: dict[str, float] = {}

    def expect(self, request: ChatRequest, model: str, cap: int | None) -> Usage:
        """Input by size, output by habit; bounded by the request's and the model's maximum."""
        output = int(self._mean.get(model, FIRST_GUESS) * HEADROOM)
        if request.dialect is Dialect.OPENAI_EMBEDDINGS:
            output = 0
        for bound in (request.max_output_tokens, cap):
            if bound is not None:
                output = min(output, bound)
        return Usage(input_uncached=len(request.body) // BYTES_PER_TOKEN, output_text=output, estimated=True)

    def learn(self, model: str, output_tokens: int) -> None:
        """A model wrote this much."""
        mean = self._mean.get(model)
        self._mean[model] = output_tokens if mean is None else mean + WEIGHT * (output_tokens - mean)


def texts(conversation: Conversation) -> str:
    """All that a model reads of a conversation as one text: messages, calls, results, tools."""
    words = [_words(part) for message in conversation.messages for part in message.parts]
    for tool in conversation.tools:
        schema = msgspec.json.encode(tool.parameters or {}).decode()
        words.append(f"{tool.name} {tool.description or ''} {schema}")
    return "\n".join(words)


def _words(part: Part) -> str:
    if isinstance(part, Text | Refusal | Reasoning):
        return part.text
    if isinstance(part, ToolCall):
        return f"{part.name} {part.arguments}"
    if isinstance(part, ToolResult):
        return "\n".join(_words(inner) for inner in part.parts)
    return ""

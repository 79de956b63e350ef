"""What a call will probably consume, before it is made (G22)."""

import math
from typing import Final

from penstock.domain.chat import ChatRequest, Dialect
from penstock.domain.usage import Usage

BYTES_PER_TOKEN: Final = 4
"""English text and code in JSON; the truth comes with the settlement."""
FIRST_GUESS: Final = 500
"""Output tokens of a model that has not answered yet."""
WEIGHT: Final = 0.1
"""Of the newest answer in the moving mean."""
HEADROOM: Final = 1.5
"""Answers vary: the hold is larger than the mean."""
DENSEST: Final = 0.5
"""Tokens per byte of a request: text of any language in JSON stays below it."""
LONGEST_GUESS: Final = 4096
"""Output tokens, at worst, of a model whose cap is not configured, in answer to a request that sets none."""


class Estimates:
    """Learns per model how much it usually writes."""

    def __init__(self) -> None:
        self._mean: dict[str, float] = {}
        self._longest: dict[str, int] = {}
        self._densest: dict[str, float] = {}

    def expect(self, request: ChatRequest, model: str, cap: int | None) -> Usage:
        """Input by size, output by habit; bounded by the request's and the model's maximum."""
        output = int(self._mean.get(model, FIRST_GUESS) * HEADROOM)
        if request.dialect is Dialect.OPENAI_EMBEDDINGS:
            output = 0
        for bound in (request.max_output_tokens, cap):
            if bound is not None:
                output = min(output, bound)
        return Usage(input_uncached=len(request.body) // BYTES_PER_TOKEN, output_text=output, estimated=True)

    def worst(self, request: ChatRequest, model: str, cap: int | None) -> Usage:
        """What a strict budget holds: no request of text consumes more.

        The output is bounded by the request's maximum or the model's cap; without both, by twice the longest
        answer that was seen of the model, and never less than `LONGEST_GUESS`.
        """
        bounds = [bound for bound in (request.max_output_tokens, cap) if bound is not None]
        output = min(bounds, default=max(LONGEST_GUESS, 2 * self._longest.get(model, 0)))
        if request.dialect is Dialect.OPENAI_EMBEDDINGS:
            output = 0
        tokens = math.ceil(len(request.body) * max(DENSEST, self._densest.get(model, 0.0)))
        if b'"cache_control"' in request.body:
            return Usage(cache_write_1h=tokens, output_text=output, estimated=True)
        return Usage(input_uncached=tokens, output_text=output, estimated=True)

    def learn(self, model: str, output_tokens: int, density: float = 0.0) -> None:
        """A model wrote this much, and read so many tokens per byte of the request."""
        self._longest[model] = max(output_tokens, self._longest.get(model, 0))
        # More than a token per byte is no text: an image by its address, for one.
        self._densest[model] = max(min(1.0, density), self._densest.get(model, 0.0))
        mean = self._mean.get(model)
        self._mean[model] = output_tokens if mean is None else mean + WEIGHT * (output_tokens - mean)

"""What a call consumed, in disjoint buckets (G19)."""

import msgspec


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens by bucket. No token is in two buckets; the buckets add up to the provider's totals.

    OpenAI's `prompt_tokens` includes cached tokens, Anthropic's `input_tokens` excludes them:
    the wire takes them apart, so that pricing never has to know who counted.
    """

    input_uncached: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    input_image: int = 0
    output_text: int = 0
    output_reasoning: int = 0
    output_audio: int = 0
    output_image: int = 0
    searches: int = 0
    """Web searches and other units that are billed by the piece, not tokens."""
    service_tier: str | None = None
    """As the provider names it: default, flex, priority, scale, batch, ..."""
    batch: bool = False
    estimated: bool = False
    """Counted by us because the provider did not say."""
    inconsistent: bool = False
    """The provider's own numbers contradict each other; stored as sent, never guessed."""

    @property
    def input_tokens(self) -> int:
        """All tokens that went in, cached or not."""
        return (
            self.input_uncached
            + self.cache_read
            + self.cache_write_5m
            + self.cache_write_1h
            + self.input_audio
            + self.input_image
        )

    @property
    def output_tokens(self) -> int:
        """All tokens that came out, reasoning included."""
        return self.output_text + self.output_reasoning + self.output_audio + self.output_image

"""What providers say was consumed, in our disjoint buckets (G19).

OpenAI counts cached, audio and reasoning tokens inside its totals, Anthropic counts cache reads
and writes beside `input_tokens`. A provider's numbers that contradict each other are stored as
they came and flagged; nothing is made up to close a gap.
"""

from collections.abc import Mapping
from typing import Any, Final

from penstock.domain.usage import Usage

Counts = dict[str, Any]  # wire: numbers, and objects of numbers, under names of the provider's

_CACHED: Final = (
    "cached_tokens",  # Together, Hugging Face, Moonshot
    "prompt_cache_hit_tokens",  # DeepSeek
    "num_cached_tokens",  # Mistral
)
_SEARCHES: Final = (
    "num_sources_used",  # xAI
    "num_search_queries",  # Perplexity
)


def merge(known: Counts, new: Mapping[str, object]) -> Counts:
    """Merge by field, in place; the last that is not null wins, an explicit zero is a zero (G2)."""
    for name, value in new.items():
        if isinstance(value, dict):
            inner = known.get(name)
            known[name] = merge(inner if isinstance(inner, dict) else {}, value)
        elif value is not None:
            known[name] = value
    return known


def openai(
    counts: Mapping[str, object], *, tier: str | None = None, model: str = "", searches: int = 0
) -> Usage:
    """Read usage of chat completions, Responses, completions and embeddings.

    `tier` is the reply's `service_tier`, `model` the name that the reply gives itself, `searches`
    the web searches that the reply lists.
    """
    into = _details(counts, "prompt_tokens_details", "input_tokens_details")
    out = _details(counts, "completion_tokens_details", "output_tokens_details")
    total_in = _count(counts, "prompt_tokens", "input_tokens")
    total_out = _count(counts, "completion_tokens", "output_tokens")
    cached = _count(into, "cached_tokens") or _count(counts, *_CACHED)
    written = _count(into, "cache_write_tokens", "cache_creation_tokens")
    audio_in, image_in = _count(into, "audio_tokens"), _count(into, "image_tokens")
    audio_out, image_out = _count(out, "audio_tokens"), _count(out, "image_tokens")
    reasoning, beside = _reasoning(counts, out, model, total_in, total_out)
    plain_in = total_in - cached - written - audio_in - image_in
    plain_out = total_out - (0 if beside else reasoning) - audio_out - image_out
    total = _count(counts, "total_tokens")
    adds_up = not total or total == total_in + total_out + (reasoning if beside else 0)
    return Usage(
        input_uncached=max(0, plain_in),
        cache_read=cached,
        cache_write_5m=written,
        input_audio=audio_in,
        input_image=image_in,
        output_text=max(0, plain_out),
        output_reasoning=reasoning,
        output_audio=audio_out,
        output_image=image_out,
        searches=searches
        or _count(_details(counts, *_SEARCH_OBJECTS), "web_search_requests")
        or _count(counts, *_SEARCHES),
        service_tier=tier,
        batch=tier == "batch",
        inconsistent=plain_in < 0 or plain_out < 0 or not adds_up,
    )


_SEARCH_OBJECTS: Final = ("server_tool_use", "server_tool_use_details")  # OpenRouter


def anthropic(counts: Mapping[str, object]) -> Usage:
    """Read usage of Messages: `input_tokens` is what neither came from the cache nor went into it."""
    split = _details(counts, "cache_creation")
    written = _count(counts, "cache_creation_input_tokens")
    hour, minutes = _count(split, "ephemeral_1h_input_tokens"), _count(split, "ephemeral_5m_input_tokens")
    known = "cache_creation_input_tokens" in counts
    output = _count(counts, "output_tokens")
    thinking = _count(_details(counts, "output_tokens_details"), "thinking_tokens")
    # Fast mode has prices of its own, whatever the tier.
    tier = "fast" if counts.get("speed") == "fast" else counts.get("service_tier")
    return Usage(
        input_uncached=_count(counts, "input_tokens"),
        cache_read=_count(counts, "cache_read_input_tokens"),
        cache_write_5m=max(minutes, written - hour),
        cache_write_1h=hour,
        output_text=max(0, output - thinking),
        output_reasoning=thinking,
        searches=_count(_details(counts, "server_tool_use"), "web_search_requests"),
        service_tier=tier if isinstance(tier, str) else None,
        batch=tier == "batch",
        inconsistent=thinking > output or bool(split and known and written != hour + minutes),
    )


def to_chat(usage: Usage) -> Counts:
    """Write usage as chat completions count it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            **_unless_zero("cache_write_tokens", usage.cache_write_5m + usage.cache_write_1h),
            "audio_tokens": usage.input_audio,
            **_unless_zero("image_tokens", usage.input_image),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.output_reasoning,
            "audio_tokens": usage.output_audio,
            **_unless_zero("image_tokens", usage.output_image),
        },
    }


def to_responses(usage: Usage) -> Counts:
    """Write usage as Responses counts it."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write_5m + usage.cache_write_1h,
            **_unless_zero("audio_tokens", usage.input_audio),
            **_unless_zero("image_tokens", usage.input_image),
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {
            "reasoning_tokens": usage.output_reasoning,
            **_unless_zero("audio_tokens", usage.output_audio),
            **_unless_zero("image_tokens", usage.output_image),
        },
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def to_anthropic(usage: Usage) -> Counts:
    """Write usage as Messages counts it; audio and images are input like any other there."""
    written = usage.cache_write_5m + usage.cache_write_1h
    counts: Counts = {
        "input_tokens": usage.input_uncached + usage.input_audio + usage.input_image,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output_tokens,
    }
    if written:
        counts["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        }
    if usage.output_reasoning:
        counts["output_tokens_details"] = {"thinking_tokens": usage.output_reasoning}
    if usage.searches:
        counts["server_tool_use"] = {"web_search_requests": usage.searches, "web_fetch_requests": 0}
    return counts


def _reasoning(
    counts: Mapping[str, object], out: Mapping[str, object], model: str, total_in: int, total_out: int
) -> tuple[int, bool]:
    """Return the reasoning tokens and whether they stand beside the output instead of in it.

    xAI counts them beside it. Gemini's OpenAI-compatible form does too, and does not name them:
    its documented total is prompt, answer and thoughts.
    """
    reasoning = _count(out, "reasoning_tokens") or _count(counts, "reasoning_tokens")
    gap = _count(counts, "total_tokens") - total_in - total_out
    if not reasoning and gap > 0 and model.removeprefix("models/").startswith("gemini"):
        return gap, True
    return reasoning, reasoning > 0 and gap == reasoning


def _details(counts: Mapping[str, object], *names: str) -> Mapping[str, object]:
    for name in names:
        value = counts.get(name)
        if isinstance(value, dict):
            return value
    return {}


def _count(counts: Mapping[str, object], *names: str) -> int:
    """Return the first that is a number; some providers send whole numbers as floats."""
    for name in names:
        value = counts.get(name)
        if isinstance(value, int | float):
            return int(value)
    return 0


def _unless_zero(name: str, count: int) -> Counts:
    return {name: count} if count else {}

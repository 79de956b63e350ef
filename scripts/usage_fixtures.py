"""Write tests/fixtures/usage: usage as providers send it, the buckets it means, and what it costs.

Nothing of Penstock is used here. Prices are typed in below, as the providers' price pages had them in
November 2026, and multiplied out in exact decimals; the tests compare Penstock with the result.
"""

import json
import random
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product
from pathlib import Path

TARGET = Path(__file__).parent.parent / "tests/fixtures/usage"
NOW = "2026-11-20T12:00:00"
DICE = random.Random(4141)

# USD per million tokens: input, cache read, output; more by name. Searches are USD per thousand.
OPENAI = {
    "gpt-4o": {"input": "2.5", "cache_read": "1.25", "output": "10", "searches": "10"},
    "gpt-4o-mini": {"input": "0.15", "cache_read": "0.075", "output": "0.6", "searches": "10"},
    "gpt-4.1": {"input": "2", "cache_read": "0.5", "output": "8", "searches": "10"},
    "gpt-4.1-mini": {"input": "0.4", "cache_read": "0.1", "output": "1.6", "searches": "10"},
    "o3": {"input": "2", "cache_read": "0.5", "output": "8", "searches": "10"},
    "o4-mini": {"input": "1.1", "cache_read": "0.275", "output": "4.4", "searches": "10"},
    "gpt-5": {"input": "1.25", "cache_read": "0.125", "output": "10", "searches": "10"},
    "gpt-5-mini": {"input": "0.25", "cache_read": "0.025", "output": "2", "searches": "10"},
}
OPENAI_TIERS = {
    ("gpt-5", "flex"): {"input": "0.625", "cache_read": "0.0625", "output": "5"},
    ("gpt-5", "priority"): {"input": "2.5", "cache_read": "0.25", "output": "20"},
    ("gpt-5", "batch"): {"input": "0.625", "cache_read": "0.0625", "output": "5"},
    ("gpt-5-mini", "flex"): {"input": "0.125", "cache_read": "0.0125", "output": "1"},
    ("gpt-5-mini", "priority"): {"input": "0.45", "cache_read": "0.045", "output": "3.6"},
    ("gpt-5-mini", "batch"): {"input": "0.125", "cache_read": "0.0125", "output": "1"},
    ("o3", "flex"): {"input": "1", "cache_read": "0.25", "output": "4"},
    ("o3", "priority"): {"input": "3.5", "cache_read": "0.875", "output": "14"},
    ("o3", "batch"): {"input": "1", "cache_read": "0.5", "output": "4"},
    ("o4-mini", "flex"): {"input": "0.55", "cache_read": "0.138", "output": "2.2"},
    ("o4-mini", "priority"): {"input": "2", "cache_read": "0.5", "output": "8"},
    ("gpt-4o", "priority"): {"input": "4.25", "cache_read": "2.125", "output": "17"},
    ("gpt-4o", "batch"): {"input": "1.25", "cache_read": "1.25", "output": "5"},
    ("gpt-4.1", "priority"): {"input": "3.5", "cache_read": "0.875", "output": "14"},
    ("gpt-4.1-mini", "batch"): {"input": "0.2", "cache_read": "0.1", "output": "0.8"},
}
OPENAI_LONG = {  # above 272,000 input tokens the whole request costs the second price
    "gpt-5.4": (
        {"input": "2.5", "cache_read": "0.25", "output": "15"},
        {"input": "5", "cache_read": "0.5", "output": "22.5"},
    ),
    "gpt-5.6-sol": (
        {"input": "4", "cache_write_5m": "5", "cache_read": "0.4", "output": "20"},
        {"input": "8", "cache_write_5m": "10", "cache_read": "0.8", "output": "30"},
    ),
}
ANTHROPIC = {
    "claude-opus-4-1-20250805": ("15", "1.5", "18.75", "30", "75"),
    "claude-opus-4-5-20251101": ("5", "0.5", "6.25", "10", "25"),
    "claude-opus-4-6": ("5", "0.5", "6.25", "10", "25"),
    "claude-haiku-4-5-20251001": ("1", "0.1", "1.25", "2", "5"),
    "claude-sonnet-5": ("2", "0.2", "2.5", "4", "10"),
    "claude-3-5-haiku-20241022": ("0.8", "0.08", "1", "1.6", "4"),
}
ANTHROPIC_NAMES = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
HALF = ("claude-opus-4-5-20251101", "claude-haiku-4-5-20251001", "claude-sonnet-5")
ANTHROPIC_LONG = {  # model -> threshold, below, above
    "claude-haiku-5-5": (
        100_000,
        ("0.1", "0.01", "0.125", "0.2", "0.5"),
        ("0.5", "0.05", "0.625", "1", "2.5"),
    ),
    "claude-sonnet-4-5-20250929": (
        200_000,
        ("3", "0.3", "3.75", "6", "15"),
        ("6", "0.6", "7.5", "12", "22.5"),
    ),
}
GEMINI = {
    "gemini-2.5-flash": {"input": "0.3", "cache_read": "0.03", "output": "2.5", "input_audio": "1"},
    "gemini-2.5-flash-lite": {"input": "0.1", "cache_read": "0.01", "output": "0.4", "input_audio": "0.3"},
    "gemini-3.5-flash": {"input": "1.5", "cache_read": "0.15", "output": "9"},
    "gemini-3.8-flash": {"input": "0.75", "cache_read": "0.075", "output": "3.75"},
}
GEMINI_LONG = {  # above 200,000
    "gemini-2.5-pro": (
        {"input": "1.25", "cache_read": "0.125", "output": "10"},
        {"input": "2.5", "cache_read": "0.25", "output": "15"},
    ),
    "gemini-3-pro-preview": (
        {"input": "2", "cache_read": "0.2", "output": "12"},
        {"input": "4", "cache_read": "0.4", "output": "18"},
    ),
}

WIDER = {
    "input_uncached": ("input",),
    "cache_read": ("cache_read", "input"),
    "cache_write_5m": ("cache_write_5m", "input"),
    "cache_write_1h": ("cache_write_1h", "cache_write_5m", "input"),
    "input_audio": ("input_audio", "input"),
    "input_image": ("input_image", "input"),
    "output_text": ("output",),
    "output_reasoning": ("output",),
    "output_audio": ("output_audio", "output"),
    "output_image": ("output",),
}


def nanos(buckets, usd):
    """Multiply out exactly, round once."""
    total = Decimal(buckets.get("searches", 0)) * Decimal(usd.get("searches", 0)) / 1000
    for bucket, names in WIDER.items():
        price = next((usd[name] for name in names if name in usd), None)
        if count := buckets.get(bucket, 0):
            total += Decimal(count) * Decimal(price) / 1_000_000
    return int((total * 1_000_000_000).quantize(Decimal(1), ROUND_HALF_EVEN))


def fixture(reader, catalog, model, raw, buckets, usd, *, at=NOW, tier=None, searches=0, unlike=None):
    """One line: what goes in, what must come out, and why genai-prices says otherwise if it does."""
    buckets = {name: count for name, count in buckets.items() if count}
    extra = {"searches": searches} if searches else {}
    return {
        "reader": reader,
        "catalog": catalog,
        "model": model,
        "at": datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp(),
        "raw": raw,
        **({"tier": tier} if tier else {}),
        **extra,
        "buckets": buckets | extra,
        "nanos": None if usd is None else nanos(buckets | extra, usd),
        **({"unlike": unlike} if unlike else {}),
    }


def sizes(count, most=60_000):
    """Yield (input, cached part, output, reasoning part)."""
    for _ in range(count):
        given, written = DICE.randint(1, most), DICE.randint(0, 8_000)
        yield given, DICE.randint(0, given), written, DICE.randint(0, written)


def chat(given, cached, written, thought, **into):
    """Return usage of chat completions and its buckets."""
    raw = {
        "prompt_tokens": given,
        "completion_tokens": written,
        "total_tokens": given + written,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0} | into,
        "completion_tokens_details": {
            "reasoning_tokens": thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    rest = given - cached - sum(into.values())
    return raw, {
        "input_uncached": rest,
        "cache_read": cached,
        "output_text": written - thought,
        "output_reasoning": thought,
    }


def responses(given, cached, written, thought):
    """Return usage of Responses and its buckets."""
    raw = {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": given + written,
    }
    return raw, chat(given, cached, written, thought)[1]


def openai():
    yield from openai_models()
    yield from openai_thresholds()
    yield from openai_media()
    yield from openai_dates()


def openai_models():
    for model, usd in OPENAI.items():
        for size in (*sizes(5), (1, 0, 1, 0), (1, 1, 0, 0), (7, 0, 3, 3)):
            yield fixture("openai", "openai", model, *chat(*size), usd)
        for size in sizes(2):
            yield fixture("openai", "openai", model, *responses(*size), usd, tier="default")
        for searches, size in zip((1, 7), sizes(2), strict=True):
            yield fixture("openai", "openai", model, *responses(*size), usd, searches=searches)
        bare = {"prompt_tokens": 1201, "completion_tokens": 77, "total_tokens": 1278}
        yield fixture("openai", "openai", model, bare, {"input_uncached": 1201, "output_text": 77}, usd)
    for (model, tier), usd in OPENAI_TIERS.items():
        for form, size in product((chat, responses), sizes(2)):
            yield fixture("openai", "openai", model, *form(*size), usd, tier=tier)


def openai_thresholds():
    for model, (short, long) in OPENAI_LONG.items():
        for given in (1_000, 271_999, 272_000, 272_001, 400_000):
            for cached in (0, given // 3):
                usd = long if given > 272_000 else short
                yield fixture("openai", "openai", model, *chat(given, cached, 900, 300), usd)
    short, long = OPENAI_LONG["gpt-5.6-sol"]
    for given, usd in ((5_001, short), (300_001, long)):
        raw, buckets = chat(given, 1_000, 400, 100, cache_write_tokens=2_003)
        yield fixture("openai", "openai", "gpt-5.6-sol", raw, buckets | {"cache_write_5m": 2_003}, usd)


def openai_media():
    audio = {"input": "2.5", "output": "10", "input_audio": "32", "output_audio": "64"}
    preview = {"input": "2.5", "output": "10", "input_audio": "40", "output_audio": "80"}
    why = "genai-prices has no audio price for this model and bills audio as text"
    for model, usd, unlike in (("gpt-audio", audio, None), ("gpt-4o-audio-preview", preview, why)):
        for heard, said in ((120, 0), (0, 340), (901, 77), (1, 1)):
            raw, buckets = chat(1_500, 0, 800, 0, audio_tokens=heard)
            raw["completion_tokens_details"]["audio_tokens"] = said
            more = {"input_audio": heard, "output_audio": said, "output_text": 800 - said}
            yield fixture("openai", "openai", model, raw, buckets | more, usd, unlike=unlike)
    drawn = {"input": "5", "cache_read": "1.25", "output": "40", "input_image": "10"}
    for seen in (0, 323, 1_000):
        raw, buckets = responses(1_200, 0, 4_160, 0)
        raw["input_tokens_details"] = {"image_tokens": seen, "text_tokens": 1_200 - seen}
        more = {"input_uncached": 1_200 - seen, "input_image": seen}
        yield fixture("openai", "openai", "gpt-image-1", raw, buckets | more, drawn)
    for count in (1, 8, 8_191):
        raw = {"prompt_tokens": count, "total_tokens": count}
        usd = {"input": "0.02"}
        yield fixture("openai", "openai", "text-embedding-3-small", raw, {"input_uncached": count}, usd)


def openai_dates():
    before = {"input": "10", "cache_read": "0.5", "output": "40"}
    yield fixture("openai", "openai", "o3", *chat(1_000, 100, 50, 20), before, at="2025-06-09T23:59:59")
    yield fixture("openai", "openai", "o3", *chat(1_000, 100, 50, 20), OPENAI["o3"], at="2025-06-10T00:00:00")
    half = {"input": "1.25", "cache_read": "0.625", "output": "5"}
    why = "genai-prices knows no batch prices before 2026-10-14 and bills the standard price"
    early = {"at": "2026-01-05T08:00:00", "tier": "batch", "unlike": why}
    yield fixture("openai", "openai", "gpt-4o", *chat(1_000, 100, 50, 0), half, **early)
    why = "the price of this tier is not published: unknown, not the standard price"
    yield fixture("openai", "openai", "gpt-4o", *chat(1_000, 100, 50, 0), None, tier="scale", unlike=why)
    why = "genai-prices does not have the model"
    yield fixture("openai", "openai", "gpt-unheard-of", *chat(1_000, 100, 50, 0), None, unlike=why)


def messages(given, read, minutes, hour, written, *, searches=0, tier="standard", thought=0, split=True):
    """Return usage of Messages and its buckets."""
    raw = {
        "input_tokens": given,
        "cache_creation_input_tokens": minutes + hour,
        "cache_read_input_tokens": read,
        "output_tokens": written,
        "service_tier": tier,
    }
    if split:
        raw["cache_creation"] = {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}
    if searches:
        raw["server_tool_use"] = {"web_search_requests": searches, "web_fetch_requests": 0}
    if thought:
        raw["output_tokens_details"] = {"thinking_tokens": thought}
    return raw, {
        "input_uncached": given,
        "cache_read": read,
        "cache_write_5m": minutes,
        "cache_write_1h": hour,
        "output_text": written - thought,
        "output_reasoning": thought,
        "searches": searches,
    }


def anthropic():
    for model, prices in ANTHROPIC.items():
        usd = dict(zip(ANTHROPIC_NAMES, prices, strict=True)) | {"searches": "10"}
        for _ in range(4):
            size = [DICE.randint(0, 40_000) for _ in range(5)]
            yield fixture("anthropic", "anthropic", model, *messages(*size), usd)
        for size in (
            (12, 0, 0, 0, 1),
            (3, 18_001, 0, 0, 400),
            (3, 0, 18_001, 0, 400),
            (3, 0, 0, 18_001, 400),
        ):
            yield fixture("anthropic", "anthropic", model, *messages(*size), usd)
        plain = messages(2_095, 0, 1_024, 0, 503, split=False)
        yield fixture("anthropic", "anthropic", model, *plain, usd)
        searched = messages(30_117, 0, 0, 0, 803, searches=3)
        yield fixture("anthropic", "anthropic", model, *searched, usd)
        thinking = messages(917, 5_000, 0, 0, 3_003, thought=2_500)
        yield fixture("anthropic", "anthropic", model, *thinking, usd)
        bare = {"input_tokens": 2_095, "output_tokens": 503}
        yield fixture(
            "anthropic", "anthropic", model, bare, {"input_uncached": 2_095, "output_text": 503}, usd
        )
    for model in HALF:
        usd = {k: str(Decimal(v) / 2) for k, v in zip(ANTHROPIC_NAMES, ANTHROPIC[model], strict=True)}
        for _ in range(3):
            size = [DICE.randint(0, 40_000) for _ in range(5)]
            batch = messages(*size, tier="batch")
            yield fixture("anthropic", "anthropic", model, *batch, usd)
    for model, (threshold, below, above) in ANTHROPIC_LONG.items():
        for given, read in product((-2_000, -1, 0, 1, 50_000), (0, 90_000)):
            size = (threshold + given - read - 700, read, 500, 200, 1_001)
            usd = dict(zip(ANTHROPIC_NAMES, above if given > 0 else below, strict=True))
            yield fixture("anthropic", "anthropic", model, *messages(*size), usd)
    early = messages(250_000, 0, 0, 0, 100)
    was = dict(zip(ANTHROPIC_NAMES, ("10", "1", "12.5", "20", "37.5"), strict=True))
    yield fixture("anthropic", "anthropic", "claude-opus-4-6", *early, was, at="2026-03-12T23:59:59")
    now = dict(zip(ANTHROPIC_NAMES, ANTHROPIC["claude-opus-4-6"], strict=True))
    yield fixture("anthropic", "anthropic", "claude-opus-4-6", *early, now, at="2026-03-13T00:00:00")
    why = "a priority commitment has a price of its own: unknown, not the standard price"
    bought = messages(1_000, 0, 0, 0, 100, tier="priority")
    yield fixture("anthropic", "anthropic", "claude-opus-4-6", *bought, None, unlike=why)


def gemini():
    for model, usd in GEMINI.items():
        for given, cached, written, thought in sizes(5):
            raw, buckets = chat(given, cached, written, 0)
            raw["total_tokens"] += thought  # thoughts stand beside the answer and are not named
            del raw["completion_tokens_details"]
            yield fixture("openai", "google", model, raw, buckets | {"output_reasoning": thought}, usd)
        bare = {"prompt_tokens": 9, "completion_tokens": 41, "total_tokens": 50}
        yield fixture("openai", "google", model, bare, {"input_uncached": 9, "output_text": 41}, usd)
        if "input_audio" in usd:
            raw, buckets = chat(3_000, 0, 100, 0, audio_tokens=1_921)
            yield fixture("openai", "google", model, raw, buckets | {"input_audio": 1_921}, usd)
    for model, (short, long) in GEMINI_LONG.items():
        for given, cached in product((10, 199_999, 200_000, 200_001, 900_000), (0, 9)):
            usd = long if given > 200_000 else short
            yield fixture("openai", "google", model, *chat(given, cached, 700, 0), usd)


def others():
    usd = {"input": "0.59", "output": "0.79"}
    for given, _, written, _ in sizes(6):
        raw = {"queue_time": 0.02, "prompt_tokens": given, "prompt_time": 0.001, "completion_tokens": written}
        raw |= {"completion_time": 0.4, "total_tokens": given + written, "total_time": 0.401}
        buckets = {"input_uncached": given, "output_text": written}
        yield fixture("openai", "groq", "llama-3.3-70b-versatile", raw, buckets, usd)
        flex = {"tier": "flex"}
        yield fixture("openai", "groq", "llama-3.3-70b-versatile", raw, buckets, usd, **flex)
    day = {"input": "0.27", "cache_read": "0.07", "output": "1.1"}
    night = {"input": "0.135", "cache_read": "0.035", "output": "0.55"}
    clock = (
        ("00:29:59", night),
        ("00:30:00", day),
        ("16:29:59", day),
        ("16:30:00", night),
        ("23:00:00", night),
    )
    for (hour, usd), (given, cached, written, _) in zip(clock, sizes(5), strict=True):
        raw, buckets = chat(given, cached, written, 0)
        raw |= {"prompt_cache_hit_tokens": cached, "prompt_cache_miss_tokens": given - cached}
        yield fixture("openai", "deepseek", "deepseek-chat", raw, buckets, usd, at=f"2026-11-20T{hour}")
    usd = {"input": "0.15", "cache_read": "0.015", "output": "0.6"}
    for given, cached, written, _ in sizes(6):
        raw = {"prompt_tokens": given, "completion_tokens": written, "total_tokens": given + written}
        raw |= {"num_cached_tokens": cached}
        buckets = {"input_uncached": given - cached, "cache_read": cached, "output_text": written}
        yield fixture("openai", "mistral", "mistral-small-2603", raw, buckets, usd)
    usd = {"input": "3", "cache_read": "0.75", "output": "15"}
    for given, cached, written, thought in sizes(6):
        raw, buckets = chat(given, cached, written, 0)
        raw["completion_tokens_details"]["reasoning_tokens"] = thought
        raw["total_tokens"] += thought  # xAI counts reasoning beside the answer
        yield fixture("openai", "x-ai", "grok-4", raw, buckets | {"output_reasoning": thought}, usd)
    for model, usd in (("gpt-4o", OPENAI["gpt-4o"]), ("gpt-4.1-mini", OPENAI["gpt-4.1-mini"])):
        for size in sizes(3):
            yield fixture("openai", "azure", model, *chat(*size), usd)


def main():
    for write in (openai, anthropic, gemini, others):
        rows = list(write())
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (TARGET / f"{write.__name__}.jsonl").write_text(text)
        print(write.__name__, len(rows))


if __name__ == "__main__":
    main()

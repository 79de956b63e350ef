"""Turn the data of genai-prices into the snapshot that ships with Penstock, after showing what changes.

One model is one line of the snapshot, so that its review is a reading of ordinary diffs.
"""

import argparse
import dataclasses
import difflib
import importlib.metadata
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from genai_prices import types
from genai_prices.data import providers

TARGET = Path(__file__).parent.parent / "src/penstock/data/prices.json"
SOURCE = "https://github.com/pydantic/genai-prices"

KEYS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "input_image_mtok": "input_image",
    "output_image_mtok": "output_image",
    "output_reasoning_mtok": "output_reasoning",
    "web_searches_kcount": "searches",
    "requests_kcount": "requests",
}
"""What Penstock meters. Characters, hours, pages and video are billed by endpoints that it does not serve."""

FREE_OUTPUT = frozenset({"typesafe", "voyageai"})
"""Their price pages say that output costs nothing; elsewhere a missing price is an unknown price."""

TIERS = {
    ("processing", "batch"): "batch",
    ("speed", "fast"): "fast",
    ("service_tier", "fast"): "fast",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
}
"""Variants that a reply's usage tells; an inference route or a kind of search is not among them."""

SUPPLEMENTS = {
    # https://platform.openai.com/docs/models/gpt-4o-audio-preview and .../gpt-4o-mini-audio-preview
    ("openai", "gpt-4o-audio-preview"): {"input_audio": "40", "output_audio": "80"},
    ("openai", "gpt-4o-mini-audio-preview"): {"input_audio": "10", "output_audio": "20"},
}
"""Published prices that the data lacks; without them audio would be billed as text."""

DISCOUNTS = {
    "anthropic": {
        "batch": "0.5",
        "source": "https://platform.claude.com/docs/en/build-with-claude/batch-processing#pricing",
    },
    "google": {
        "batch": "0.5",
        "flex": "0.5",
        "source": "https://ai.google.dev/gemini-api/docs/batch-api, https://ai.google.dev/gemini-api/docs/flex-inference",
    },
    "groq": {
        "batch": "0.5",
        "flex": "1",
        "source": "https://console.groq.com/docs/batch, https://console.groq.com/docs/flex-processing",
    },
    "mistral": {"batch": "0.5", "source": "https://docs.mistral.ai/capabilities/batch/"},
    "openai": {
        "batch": "0.5",
        "flex": "0.5",
        "source": "https://platform.openai.com/docs/guides/batch, .../guides/flex-processing",
    },
}
"""Factors on the standard prices of tokens, for models and times without tier prices of their own."""


def number(value):
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value):
    if isinstance(value, Decimal):
        return number(value)
    return [number(value.base), *([tier.start, number(tier.price)] for tier in value.tiers)]


def usd(prices):
    return {
        KEYS[key]: amount(value) for key, value in vars(prices).items() if key in KEYS and value is not None
    }


def row(prices, constraint):
    entry = {}
    if isinstance(constraint, types.StartDateConstraint):
        entry["from"] = constraint.start_date.isoformat()
    elif isinstance(constraint, types.TimeOfDateConstraint):
        entry["daily"] = [f"{t:%H:%M:%S}" for t in (constraint.start_time, constraint.end_time)]
    return entry | {"usd": usd(prices)}


def match(clause):
    """`any` of a list; `=` equals, `^` starts, `$` ends, `*` contains, `~` regular expression."""
    if isinstance(clause, types.ClauseOr):
        return [part for one in clause.or_ for part in match(one)]
    if isinstance(clause, types.ClauseAnd):
        return [{"all": [match(one) for one in clause.and_]}]
    field = dataclasses.fields(clause)[0].name
    sign = {"equals": "=", "starts_with": "^", "ends_with": "$", "contains": "*", "regex": "~"}[field]
    text = getattr(clause, field)
    return [sign + (text if field == "regex" else text.lower())]


def model_row(provider, model):
    standard = (
        model.prices if isinstance(model.prices, list) else [types.ConditionalPrice(prices=model.prices)]
    )
    rows = [row(one.prices, one.constraint) for one in standard]
    for one in rows:
        if model.id.endswith(":free") and not one["usd"]:
            one["usd"] = {"input": "0", "output": "0"}
        elif provider.id in FREE_OUTPUT and "input" in one["usd"]:
            one["usd"].setdefault("output", "0")
        one["usd"] |= SUPPLEMENTS.get((provider.id, model.id), {})
    entry = {"id": model.id, "match": match(model.match), "prices": rows}
    tiers = [
        {"tier": TIERS[when]} | row(variant.prices, variant.constraint)
        for variant in model.price_variants or ()
        for when in [next(iter(variant.when.items()))]
        if len(variant.when) == 1 and when in TIERS
    ]
    return entry | ({"tiers": tiers} if tiers else {})


def catalog_lines(provider):
    head = {"hosts": provider.api_pattern}
    if provider.fallback_model_providers:
        head["fallback"] = provider.fallback_model_providers
    if provider.id in DISCOUNTS:
        head["discounts"] = {k: v for k, v in DISCOUNTS[provider.id].items() if k != "source"}
        head["discounts_source"] = DISCOUNTS[provider.id]["source"]
    yield f'{json.dumps(provider.id)}: {json.dumps(head)[:-1]}, "models": ['
    rows = [model_row(provider, model) for model in provider.models]
    for position, entry in enumerate(rows):
        yield json.dumps(entry, ensure_ascii=False) + ("," if position + 1 < len(rows) else "")
    yield "]}"


def snapshot(taken):
    header = {
        "source": SOURCE,
        "release": importlib.metadata.version("genai-prices"),
        "licence": "MIT, see prices.LICENSE",
        "units": "USD per million tokens; per thousand for searches and requests",
        "taken": taken,
    }
    lines = [json.dumps(header)[:-1] + ",", '"catalogs": {']
    for position, provider in enumerate(providers):
        lines.extend(catalog_lines(provider))
        lines[-1] += "," if position + 1 < len(providers) else ""
    return "\n".join([*lines, "}}"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the snapshot")
    parser.add_argument("--check", action="store_true", help="exit 1 if the snapshot is not in step")
    arguments = parser.parse_args()
    old = TARGET.read_text() if TARGET.exists() else ""
    taken = json.loads(old)["taken"] if old else ""
    new = snapshot(taken)
    if new == old:
        print("The snapshot is in step with genai-prices.")
        return 0
    difference = difflib.unified_diff(old.splitlines(), new.splitlines(), "now", "new", lineterm="", n=0)
    print("\n".join(difference))
    if arguments.write:
        TARGET.write_text(snapshot(f"{datetime.now(tz=UTC):%Y-%m-%d}"))
    return 1 if arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())

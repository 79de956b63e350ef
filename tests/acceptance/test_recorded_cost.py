"""Cost of recorded traffic: what Penstock reads out of real replies and bills, against genai-prices."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

from penstock.domain.chat import Dialect
from penstock.failures import Failure
from penstock.gateway.catalog import shipped
from penstock.gateway.pricing import Prices
from penstock.wire import dialects

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CATALOGS = {
    "anthropic": "anthropic",
    "azure-openai": "azure",
    "cerebras": "cerebras",
    "deepseek": "deepseek",
    "google": "google",
    "groq": "groq",
    "mistral": "mistral",
    "openai": "openai",
    "openrouter": "openrouter",
    "together": "together",
}
DIALECTS = {
    "chat": (Dialect.OPENAI_CHAT, "chat"),
    "responses": (Dialect.OPENAI_RESPONSES, "responses"),
    "messages": (Dialect.ANTHROPIC_MESSAGES, "default"),
}


def replies(folder):
    """Yield (catalog, api, decoded body) of each whole reply that tells its usage and its model."""
    with gzip.open(folder / "api" / "recorded_exchanges.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            catalog = CATALOGS.get(row["provider"])
            if catalog and row["api"] in DIALECTS and row["status"] == 200 and row["framing"] == "json":
                body = row["body"] if isinstance(row["body"], dict) else json.loads(row["body"])
                if isinstance(body.get("usage"), dict) and isinstance(body.get("model"), str):
                    yield catalog, row["api"], body


def theirs(catalog, api, body, tier):
    """Nano-dollars by genai-prices, which reads the reply by itself; None: it cannot."""
    known = get_snapshot()
    extractors = find_provider_by_id(known.providers, catalog).extractors or ()
    flavors = [extractor.api_flavor for extractor in extractors]
    wanted = next((name for name in (DIALECTS[api][1], "default") if name in flavors), None)
    try:
        read = known.extract_usage(body, provider_id=catalog, api_flavor=wanted or "chat")
        context = {"service_tier": tier or "default"}
        total = read.calc_price(genai_request_timestamp=AT, price_context=context).total_price
    except (LookupError, ValueError):
        return None
    return int((total * 10**9).quantize(Decimal(1), ROUND_HALF_EVEN))


def why_unlike(body, usage):
    """Name the reason for which the package sees another cost; None: there is none."""
    counts = body["usage"]
    reasons = {
        "searches, which it does not find in this reply": usage.searches > 0,
        "cached tokens under a name that it does not read": "num_cached_tokens" in counts,
        "thoughts that Gemini counts only in the total": body["model"].startswith("gemini")
        and usage.output_tokens > counts.get("completion_tokens", 0),
        "counts that contradict each other": usage.inconsistent,
        "a model without any price, which it bills at 0": True,
    }
    return next(reason for reason, holds in reasons.items() if holds)


@pytest.fixture(scope="module")
def compared(shared_data):
    """(reason or `same`) -> how often, and the rows whose reason is none of the known ones."""
    prices = Prices(shipped(), {})
    outcomes, unexplained = Counter(), []
    for catalog, api, body in replies(shared_data):
        try:
            usage = dialects.of(DIALECTS[api][0]).read_reply(json.dumps(body).encode()).usage
        except Failure:
            continue
        priced = prices.price("recorded", catalog, body["model"], usage, AT.timestamp())
        other = theirs(catalog, api, body, usage.service_tier)
        if other is None:
            outcomes["not modelled by the package"] += 1
        elif priced.nanos == other:
            outcomes["same"] += 1
        else:
            reason = why_unlike(body, usage)
            outcomes[reason] += 1
            if "without any price" in reason and (priced.nanos is not None or other != 0):
                unexplained.append((catalog, body["model"], priced.nanos, other))
    return outcomes, unexplained


def test_recorded_replies_cost_what_genai_prices_says(compared):
    """G19, G20: real replies cost the same to the nano-dollar, but for named gaps of the package."""
    outcomes, unexplained = compared
    assert unexplained == []
    assert outcomes["same"] > 150
    assert outcomes["same"] > 0.85 * outcomes.total()

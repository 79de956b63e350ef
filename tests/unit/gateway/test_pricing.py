import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import genai_prices
import msgspec
import pytest
from genai_prices import data as genai_data
from hypothesis import given
from hypothesis import strategies as st

from penstock.config.tree import Price
from penstock.domain.usage import Usage
from penstock.gateway.catalog import Snapshot, shipped
from penstock.gateway.pricing import MEMO, Priced, Prices
from penstock.wire import usage as wire

FOLDER = Path(__file__).parents[2] / "fixtures" / "usage"
FIXTURES = [
    json.loads(line) for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text().splitlines()
]
NOW = 1_795_176_000.0  # 2026-11-20T12:00:00Z
PRICES = Prices(shipped(), {})
BUCKETS = (
    "input_uncached",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "input_image",
    "output_text",
    "output_reasoning",
    "output_audio",
    "output_image",
    "searches",
)


def named(row: dict[str, Any]) -> str:
    return f"{row['catalog']}-{row['model']}-{FIXTURES.index(row)}"


def read(row: dict[str, Any]) -> Usage:
    if row["reader"] == "anthropic":
        return wire.anthropic(row["raw"])
    return wire.openai(row["raw"], tier=row.get("tier"), model=row["model"], searches=row.get("searches", 0))


def price(catalog: str, model: str, usage: Usage, at: float = NOW, prices: Prices = PRICES) -> Priced:
    return prices.price("ours", catalog, model, usage, at)


def made(*models: dict[str, Any], **catalog: Any) -> Prices:
    """Prices of a snapshot with one catalog, `made`."""
    file = {"release": "1", "taken": "2026-01-01", "catalogs": {"made": {"models": models, **catalog}}}
    return Prices(Snapshot(msgspec.json.encode(file)), {})


# --- fixtures: usage as providers send it ---


def test_there_are_enough_fixtures() -> None:
    """At least 300, among them cached, reasoning, audio, tiers and batch."""
    assert len(FIXTURES) >= 300
    for bucket in BUCKETS[:10]:
        assert any(bucket in row["buckets"] for row in FIXTURES) or bucket == "output_image"
    assert {"flex", "priority", "batch"} <= {row.get("tier") for row in FIXTURES}


@pytest.mark.parametrize("row", FIXTURES, ids=named)
def test_usage_is_read_into_disjoint_buckets(row: dict[str, Any]) -> None:
    """G19: each raw usage object gives exactly the buckets that it means."""
    usage = read(row)
    assert {bucket: count for bucket in BUCKETS if (count := getattr(usage, bucket))} == row["buckets"]
    assert not usage.inconsistent


@pytest.mark.parametrize("row", FIXTURES, ids=named)
def test_usage_costs_what_the_price_page_says(row: dict[str, Any]) -> None:
    """G20: exact to the nano-dollar, and the parts add up to it."""
    priced = price(row["catalog"], row["model"], read(row), row["at"])
    assert priced.nanos == row["nanos"]
    if priced.nanos is not None:
        assert sum(part.nanos or 0 for part in priced.parts) == priced.nanos


@pytest.mark.parametrize("row", [row for row in FIXTURES if "unlike" not in row], ids=named)
def test_genai_prices_agrees(row: dict[str, Any]) -> None:
    """The package that the data comes from calculates the same nano-dollars."""
    assert genai(row["catalog"], row["model"], read(row), row["at"]) == row["nanos"]


@pytest.mark.parametrize("row", [row for row in FIXTURES if "unlike" in row], ids=named)
def test_the_exceptions_are_exceptions(row: dict[str, Any]) -> None:
    """Where a fixture says that genai-prices differs, and why, it does."""
    try:
        theirs = genai(row["catalog"], row["model"], read(row), row["at"])
    except LookupError:
        theirs = None
        assert "does not have the model" in row["unlike"]
    else:
        assert theirs != row["nanos"]


def genai(catalog: str, model: str, usage: Usage, at: float) -> int:
    """Nano-dollars by genai-prices, rounded once, half to even."""
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write_5m + usage.cache_write_1h,
        cache_write_1h_tokens=usage.cache_write_1h,
        input_audio_tokens=usage.input_audio,
        output_audio_tokens=usage.output_audio,
        cache_audio_read_tokens=0,
        input_image_tokens=usage.input_image,
        cache_image_read_tokens=0,
        output_reasoning_tokens=usage.output_reasoning,
        web_searches=usage.searches,
    )
    context = {"processing": "batch"} if usage.batch else {"service_tier": usage.service_tier or "default"}
    total = genai_prices.calc_price(
        counted,
        model,
        provider_id=catalog,
        genai_request_timestamp=datetime.fromtimestamp(at, UTC),
        price_context=context,
    ).total_price
    return int((total * 10**9).quantize(Decimal(1), ROUND_HALF_EVEN))


# --- the whole snapshot against the package ---


def test_every_model_of_the_snapshot_agrees_with_the_package() -> None:
    """Under its own id, every model that is priced costs the same, below and above thresholds."""
    compared, unlike = 0, []
    for provider in genai_data.providers:
        for name in {model.id for model in provider.models if provider.find_model(model.id)}:
            for usage in (
                Usage(input_uncached=1_003, cache_read=517, output_text=331, output_reasoning=5),
                Usage(input_uncached=900_001, cache_write_5m=7, cache_write_1h=3, output_text=1),
            ):
                nanos = price(provider.id, name, usage).nanos
                if nanos is not None:
                    compared += 1
                    if nanos != genai(provider.id, name, usage, NOW):
                        unlike.append((provider.id, name))
    assert unlike == []
    assert compared > 4_000


# --- rules ---


def test_parts_name_what_was_used() -> None:
    """A part has its bucket, its tokens and its nano-dollars; buckets without tokens have none."""
    priced = price("openai", "gpt-4.1-mini", Usage(input_uncached=1000, cache_read=200, output_text=100))
    assert priced.parts == (
        ("input_uncached", 1000, 400_000),
        ("cache_read", 200, 20_000),
        ("output_text", 100, 160_000),
    )
    assert priced.nanos == 580_000
    assert priced.version == shipped().version


def test_an_unknown_price_is_none() -> None:
    """G20: neither 0 nor a guess; the buckets are still named."""
    priced = price("openai", "nobody-knows-me", Usage(input_uncached=3))
    assert priced == (None, shipped().version, (("input_uncached", 3, None),))
    assert price("nobody", "gpt-4o", Usage(input_uncached=3)).nanos is None
    assert (
        price("openai", "gpt-4o", Usage(output_text=3, input_uncached=1, service_tier="scale")).nanos is None
    )


def test_nothing_used_costs_nothing() -> None:
    """A call without usage costs 0 where the price is known, and where it is not."""
    assert price("openai", "gpt-4o", Usage()) == (0, shipped().version, ())


def test_a_bucket_without_any_price_makes_the_cost_unknown() -> None:
    """An embedding model that wrote tokens, a model that searches at no known price."""
    assert price("openai", "text-embedding-3-small", Usage(input_uncached=5, output_text=1)).nanos is None
    searched = price("groq", "llama-3.3-70b-versatile", Usage(input_uncached=5, searches=1))
    assert searched.nanos is None
    assert searched.parts == (("input_uncached", 5, 2_950), ("searches", 1, None))


def test_a_count_below_zero_is_no_refund() -> None:
    """A provider's contradiction makes the cost unknown, it does not make it smaller."""
    assert price("openai", "gpt-4o", Usage(input_uncached=-5, output_text=10)).nanos is None


def test_a_price_per_request_is_a_part() -> None:
    """What is billed by the call is added once."""
    priced = price("perplexity", "sonar-pro", Usage(input_uncached=1000, output_text=100))
    assert priced.parts[-1] == ("request", 1, 14_000_000)
    assert priced.nanos == 3_000_000 + 1_500_000 + 14_000_000


def test_rounding_is_half_to_even_and_once() -> None:
    """Halves of a nano-dollar go to the even side; three parts of a half make one and a half, so two."""
    prices = made({"id": "m", "match": ["=m"], "prices": [{"usd": {"input": "0.0005", "output": "0.0005"}}]})
    cost = [price("made", "m", Usage(input_uncached=n), prices=prices).nanos for n in range(6)]
    assert cost == [0, 0, 1, 2, 2, 2]
    three = price("made", "m", Usage(input_uncached=1, cache_read=1, output_text=1), prices=prices)
    assert three.nanos == 2
    assert [part.nanos for part in three.parts] == [0, 1, 1]


def test_an_overlay_goes_first() -> None:
    """Prices of the configuration hold for its provider name, in every service tier, with a version."""
    prices = Prices(shipped(), {"openai/gpt-4o": Price(input=1.0, output=2.0, cache_read=0.1)})
    usage = Usage(input_uncached=10, cache_read=10, cache_write_1h=1, output_text=10, service_tier="flex")
    priced = prices.price("openai", "openai", "gpt-4o", usage, NOW)
    assert priced.nanos == 10_000 + 1_000 + 1_000 + 20_000
    assert priced.version.startswith("overlay+")
    assert prices.price("other", "openai", "gpt-4o", Usage(input_uncached=10), NOW).nanos == 25_000


def test_an_overlay_may_price_searches() -> None:
    """Per thousand; without it, a call that searched has no known price."""
    usage = Usage(input_uncached=1, searches=2)
    for searches, nanos in ((10.0, 1_000 + 20_000_000), (None, None)):
        prices = Prices(shipped(), {"a/b": Price(input=1.0, output=1.0, searches=searches)})
        assert prices.price("a", "", "b", usage, NOW).nanos == nanos


def test_an_overlay_version_names_its_prices() -> None:
    """Other prices, another version; the same prices, the same."""
    versions = [
        Prices(shipped(), {"a/b": Price(input=cost, output=1.0)}).price("a", "", "b", Usage(), NOW).version
        for cost in (1.0, 2.0, 1.0)
    ]
    assert versions[0] == versions[2] != versions[1]


def test_dates_decide() -> None:
    """The last row whose date has come holds; before all of them, the first."""
    rows = [
        {"usd": {"input": "1"}},
        {"usd": {"input": "2"}, "from": "2026-02-01"},
        {"usd": {"input": "3"}, "from": "2026-03-01"},
    ]
    prices = made({"id": "m", "match": ["=m"], "prices": rows})
    usage = Usage(input_uncached=1)
    days = ("2025-01-01", "2026-01-31T23:59:59", "2026-02-01", "2026-02-28", "2026-03-01")
    moments = [datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() for day in days]
    assert [price("made", "m", usage, at, prices).nanos for at in moments] == [1000, 1000, 2000, 2000, 3000]


def test_hours_may_pass_midnight() -> None:
    """A daily row holds from its first minute, not in its last, also over midnight."""
    night = {"usd": {"input": "1"}, "daily": ["22:00:00", "06:00:00"]}
    prices = made({"id": "m", "match": ["=m"], "prices": [{"usd": {"input": "2"}}, night]})
    hours = {"21:59": 2000, "22:00": 1000, "00:00": 1000, "05:59": 1000, "06:00": 2000}
    for hour, nanos in hours.items():
        at = datetime.fromisoformat(f"2026-11-20T{hour}+00:00").timestamp()
        assert price("made", "m", Usage(input_uncached=1), at, prices).nanos == nanos


def test_a_threshold_reprices_the_whole_request() -> None:
    """All input counts towards it, cached too; it is crossed by more than it, and output follows."""
    steps = ["1", [100, "2"], [200, "4"]]
    model = {"id": "m", "match": ["=m"], "prices": [{"usd": {"input": steps, "output": ["10", [100, "20"]]}}]}
    prices = made(model)
    for total, per_input, per_output in ((100, 1, 10), (101, 2, 20), (200, 2, 20), (201, 4, 20)):
        usage = Usage(input_uncached=total - 50, cache_read=50, output_text=1)
        expected = (total * per_input + per_output) * 1000
        assert price("made", "m", usage, prices=prices).nanos == expected


def test_a_tier_replaces_what_it_names() -> None:
    """Prices that a tier does not name stay; the first row of a tier that holds goes first."""
    tiers = [
        {"tier": "flex", "from": "2027-01-01", "usd": {"input": "9"}},
        {"tier": "flex", "usd": {"input": "1"}},
        {"tier": "flex", "usd": {"input": "5"}},
    ]
    row = {"usd": {"input": "2", "output": "7"}}
    prices = made({"id": "m", "match": ["=m"], "prices": [row], "tiers": tiers})
    usage = Usage(input_uncached=1, output_text=1, service_tier="flex")
    assert price("made", "m", usage, prices=prices).nanos == 8_000
    assert (
        price("made", "m", msgspec.structs.replace(usage, service_tier="default"), prices=prices).nanos
        == 9_000
    )


def test_a_discount_holds_for_tokens_only() -> None:
    """Where a tier has no prices of its own, the catalog's factor applies, but not to searches."""
    row = {"usd": {"input": "2", "output": "8", "searches": "10"}}
    prices = made({"id": "m", "match": ["=m"], "prices": [row]}, discounts={"batch": "0.5"})
    usage = Usage(input_uncached=1, output_text=1, searches=1, batch=True)
    assert price("made", "m", usage, prices=prices).nanos == 1_000 + 4_000 + 10_000_000
    assert price("made", "m", Usage(input_uncached=1, service_tier="fast"), prices=prices).nanos is None


def test_the_memory_of_names_is_bounded() -> None:
    """Names come from clients: a flood of them is forgotten again."""
    prices = Prices(shipped(), {})
    for number in range(MEMO + 10):
        prices.price("ours", "nobody", f"model-{number}", Usage(), NOW)
    assert len(prices._memo) <= MEMO


COUNTS = st.integers(0, 2_000_000)
SOME_USAGE = st.builds(
    Usage, **{bucket: COUNTS for bucket in BUCKETS if bucket != "searches"}, searches=st.integers(0, 50)
)
MODELS = st.sampled_from(
    [
        ("openai", "gpt-5.4"),
        ("anthropic", "claude-haiku-5-5"),
        ("google", "gemini-2.5-flash"),
        ("openai", "o3"),
    ]
)


@given(SOME_USAGE, MODELS)
def test_parts_add_up(usage: Usage, model: tuple[str, str]) -> None:
    """Whatever was used: the parts are the total, and each is within a nano-dollar of its own cost."""
    priced = price(*model, usage)
    assert priced.nanos == sum(part.nanos or 0 for part in priced.parts)
    assert all(part.nanos is not None and part.nanos >= 0 for part in priced.parts)
    assert {part.bucket: part.tokens for part in priced.parts} == {
        bucket: count for bucket in BUCKETS if (count := getattr(usage, bucket))
    }


@given(SOME_USAGE, MODELS, st.sampled_from(BUCKETS), st.integers(1, 100_000))
def test_more_never_costs_less(usage: Usage, model: tuple[str, str], bucket: str, more: int) -> None:
    """A token more in any bucket does not make a call cheaper, across thresholds too."""
    larger = msgspec.structs.replace(usage, **{bucket: getattr(usage, bucket) + more})
    assert (price(*model, larger).nanos or 0) >= (price(*model, usage).nanos or 0)

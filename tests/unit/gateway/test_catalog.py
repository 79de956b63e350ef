import re
from pathlib import Path

import msgspec
import pytest

from penstock.gateway import catalog
from penstock.gateway.catalog import Snapshot, shipped


def model(name: str, *match: object) -> dict[str, object]:
    return {
        "id": name,
        "match": match,
        "prices": [{"usd": {"input": "1"}}],
        "tiers": [{"tier": "x", "usd": {}}],
    }


def snapshot(**catalogs: object) -> Snapshot:
    return Snapshot(msgspec.json.encode({"release": "1", "taken": "2026-01-01", "catalogs": catalogs}))


def found(prices: Snapshot, where: str, name: str) -> str | None:
    hit = prices.find(where, name)
    return hit.model.id if hit else None


@pytest.mark.parametrize(
    ("clause", "hit", "miss"),
    [
        ("=gpt", "GPT", "gpt-4"),
        ("^gpt", "gpt-4", "my-gpt"),
        ("$mini", "gpt-mini", "mini-gpt"),
        ("*4o", "gpt-4o-mini", "gpt-4"),
        (r"~^gpt-\d$", "gpt-4", "gpt-4o"),
        ({"all": [["^gpt"], ["$mini", "$nano"]]}, "gpt-4-nano", "gpt-4"),
    ],
)
def test_clauses(clause: object, hit: str, miss: str) -> None:
    """Each kind of clause matches what it says, whatever the case of the name."""
    prices = snapshot(one={"models": [model("m", clause)]})
    assert found(prices, "one", hit) == "m"
    assert found(prices, "one", miss) is None


def test_the_first_match_is_the_one() -> None:
    """Models are tried in their order."""
    prices = snapshot(one={"models": [model("a", "^gpt-4o"), model("b", "^gpt")]})
    assert found(prices, "one", "gpt-4o") == "a"
    assert found(prices, "one", "gpt-3") == "b"


def test_short_dates_are_read() -> None:
    """A name with -20251211 is found where the catalog writes -2025-12-11."""
    prices = snapshot(one={"models": [model("m", "=gpt-2025-12-11")]})
    assert found(prices, "one", "gpt-20251211") == "m"
    assert found(prices, "one", "gpt-20259911") is None


def test_another_catalog_may_have_it() -> None:
    """A provider that sells others' models falls back to their prices, but not to their tiers."""
    prices = snapshot(
        azure={
            "models": [model("own", "=own")],
            "fallback": ["nobody", "openai"],
            "discounts": {"batch": "0.5"},
        },
        openai={"models": [model("gpt", "=gpt")]},
    )
    hit = prices.find("azure", "gpt")
    assert hit is not None
    assert (hit.model.id, hit.model.tiers, hit.discounts) == ("gpt", (), {})
    own = prices.find("azure", "own")
    assert own is not None
    assert own.discounts == {"batch": "0.5"}
    assert prices.find("azure", "unknown") is None
    assert prices.find("nobody", "gpt") is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.anthropic.com", "anthropic"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "google"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://mine.openai.azure.com/openai/v1", "azure"),
        ("http://127.0.0.1:8000/v1", None),
    ],
)
def test_an_address_tells_the_catalog(url: str, name: str | None) -> None:
    """The provider's host decides; a server of one's own is in no catalog."""
    assert shipped().catalog_of(url) == name


def test_the_version_names_date_and_content() -> None:
    """A ledger row that names it can be traced to one reviewed file."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\+[0-9a-f]{8}", shipped().version)
    assert snapshot().version != snapshot(one={"models": []}).version


def test_the_whole_snapshot_is_sound() -> None:
    """Every catalog decodes, every regular expression compiles, and the licence is beside it."""
    names = list(shipped()._file.catalogs)
    assert len(names) > 40
    for name in names:
        shipped().find(name, "a name that nobody has")
    licence = Path(catalog.__file__).parents[1] / "data" / "prices.LICENSE"
    assert "MIT License" in licence.read_text()

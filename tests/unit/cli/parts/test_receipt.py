"""Whose prices applied."""

import pytest

from penstock.app.plugins import Kinds
from penstock.cli.parts.receipt import Pricer, Share
from penstock.config.load import load
from penstock.domain.ledger import LedgerRow
from penstock.domain.usage import Usage
from penstock.gateway.catalog import shipped
from penstock.gateway.pricing import Prices

USAGE = Usage(input_uncached=1000, output_text=100)
SECTIONS = {
    "providers": {
        "mine": {"kind": "openai_compatible", "base_url": "https://api.openai.com/v1"},
        "named": {"kind": "openai_compatible", "vendor": "openai"},
        "claude": {"kind": "anthropic"},
    },
    "models": {
        "tuned": {"targets": [{"provider": "mine", "model": "ft:x", "price_as": "openai/gpt-4.1-mini"}]}
    },
}


@pytest.mark.parametrize(
    ("provider", "model", "catalog", "priced_as"),
    [
        ("mine", "gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("named", "gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("mine", "ft:x", "openai", "gpt-4.1-mini"),
        ("claude", "claude-haiku-4-5", "anthropic", "claude-haiku-4-5"),
    ],
)
def test_parts_are_found_by_address_vendor_kind_or_price_as(provider, model, catalog, priced_as):
    """The amount that was booked is taken apart, by whichever rule gave it."""
    booked = Prices(shipped(), {}).price(catalog, catalog, priced_as, USAGE, 1_790_000_000.0)
    assert booked.nanos
    row = LedgerRow(
        request_id="r",
        attempt=1,
        kind="settle",
        at=0.0,
        nanos=booked.nanos,
        process_id="p",
        key_id="k",
        usage=USAGE,
        price_version=booked.version,
    )
    loaded = load(None, env={}, kinds=Kinds(), discovered=SECTIONS)
    parts = Pricer(shipped(), loaded).parts(provider, model, row, 1_790_000_000.0)
    assert sum(part.nanos for part in parts) == booked.nanos


def test_a_share_without_a_price_shows_none():
    """What is unknown is left empty."""
    assert Share(bucket="b", tokens=1, nanos=None).usd_per_million == ""

"""Rules between the parts of a configuration."""

import pytest

from penstock.config.document import read
from penstock.config.rules import broken_rules


def told(text: str) -> list[str]:
    root, _ = read(text.encode(), "f")
    return [mistake.message for mistake in broken_rules(root)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "models: 7\nkeys: 7\nprices: 7\nstorage: 7\nproviders: 7\n",
        "models: {m: 7, n: {targets: 7}, o: {targets: [7, {}, {provider: 7}]}}\n",
        "keys: [7, {}, {name: 7}, {name: a}]\n",
        "storage: {url: postgresql://h/d}\n",
        "storage: {url: 7}\n",
        """\
providers: {p: {}}
models: {m: {targets: [{provider: p, model: m, price_as: openai/x}]}}
prices: {openai/x: {}, p/y: {}}
""",
    ],
)
def test_what_is_no_rules_business_is_passed(text):
    """Wrong types are told elsewhere; good references are silent."""
    assert told(text) == []


def test_a_reference_to_nothing_is_told():
    """With no provider at all, the way out is to add one."""
    root, _ = read(b"models: {m: {targets: [{provider: p, model: m}]}}\n", "f")
    (mistake,) = broken_rules(root)
    assert mistake.message == "model `m` names the provider `p`, which does not exist"
    assert mistake.hint == "add it under `providers`"


@pytest.mark.parametrize("name", ["gpt", "/gpt", "openai/"])
def test_a_price_needs_both_halves(name):
    """Prices are looked up by provider and model."""
    assert told(f"prices: {{{name}: {{}}}}\n") == [f"a price is for provider/model, not for `{name}`"]

"""Plug-ins by name."""

from pathlib import Path

import pytest
import yaml

from penstock import providers
from penstock.app.plugins import Kinds, Sources, plugin
from penstock.config.load import Loaded, load
from penstock.gateway.catalog import shipped
from penstock.transport.client import Transport


def loaded(tmp_path: Path, entries: dict[str, dict[str, object]]) -> Loaded:
    file = tmp_path / "penstock.yaml"
    file.write_text(yaml.safe_dump({"providers": entries}))
    return load(file, env={}, kinds=Kinds())


def test_each_file_of_the_folder_is_a_kind() -> None:
    """The file's name is the name in the configuration; an unknown one is none."""
    kinds = Kinds()
    assert {"openai_compatible", "anthropic", "gemini", "scripted", "offline"} <= set(kinds)
    assert len(kinds) == len(list(kinds))
    assert kinds["offline"] is plugin(providers, "offline").Options
    with pytest.raises(KeyError):
        kinds["nothing"]


@pytest.mark.parametrize(
    ("entry", "catalog"),
    [
        ({"kind": "openai_compatible", "base_url": "https://api.openai.com/v1"}, "openai"),
        ({"kind": "anthropic"}, "anthropic"),
        ({"kind": "gemini"}, "google"),
        ({"kind": "openai_compatible", "base_url": "http://127.0.0.1:1/v1", "vendor": "groq"}, "groq"),
        ({"kind": "openai_compatible", "base_url": "http://127.0.0.1:1/v1"}, "mine"),
    ],
)
def test_prices_are_those_of_who_answers(tmp_path: Path, entry: dict[str, object], catalog: str) -> None:
    """The address tells, else the kind, the vendor, and at last the provider's own name."""
    sources = Sources(Transport(), shipped()).of(loaded(tmp_path, {"mine": entry}))
    assert sources["mine"].catalog == catalog


def test_a_provider_that_did_not_change_is_kept(tmp_path: Path) -> None:
    """Over a reload, connections and circuits of unchanged providers go on."""
    kept = Sources(Transport(), shipped())
    entries: dict[str, dict[str, object]] = {"a": {"kind": "offline"}, "b": {"kind": "offline"}}
    before = kept.of(loaded(tmp_path, entries))
    entries["b"]["pause"] = 1.0
    after = kept.of(loaded(tmp_path, entries))
    assert after["a"] is before["a"]
    assert after["b"] is not before["b"]


def test_what_a_plug_in_refuses_names_the_provider(tmp_path: Path) -> None:
    """The sentence says which entry is meant."""
    entry = {"kind": "openai_compatible"}
    with pytest.raises(ValueError, match=r"providers\.mine: base_url"):
        Sources(Transport(), shipped()).of(loaded(tmp_path, {"mine": entry}))

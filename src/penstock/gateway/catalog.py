"""The price snapshot: what each provider's models cost, read catalog by catalog when first asked for.

The file is made by `scripts/prices` from the data of genai-prices (MIT). Matching follows that project:
the first model of a catalog that matches is the one, then those of the catalogs that it falls back to.
"""

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from importlib import resources
from typing import Final, Union

import msgspec

Amount = str | tuple[str | tuple[int, str], ...]
"""USD; or the base price, then steps: (above this many input tokens, price of the whole request)."""


class All(msgspec.Struct, frozen=True):
    """Matches if every one of its lists does."""

    all: tuple[tuple[Union[str, "All"], ...], ...]


Clause = str | All
"""A sign and a text: = equals, ^ starts, $ ends, * contains, ~ regular expression. Any of a list will do."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Prices, and when they hold. A row of a service tier replaces only the prices that it names."""

    usd: Mapping[str, Amount]
    """Per million tokens; per thousand `searches` and `requests`."""
    start: date | None = msgspec.field(default=None, name="from")
    daily: tuple[time, time] | None = None
    """From and to, UTC; may pass midnight."""
    tier: str = ""


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model. The last of `prices` that holds is the price; if none holds, the first is."""

    id: str
    match: tuple[Clause, ...]
    prices: tuple[Row, ...]
    tiers: tuple[Row, ...] = ()


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's models, in the order of matching."""

    models: tuple[ModelRow, ...]
    fallback: tuple[str, ...] = ()
    discounts: Mapping[str, str] = {}
    """Service tier -> factor on the standard price of tokens, where a model has no price for the tier."""


class _Hosts(msgspec.Struct, frozen=True):
    hosts: str


class _File(msgspec.Struct, frozen=True, kw_only=True):
    release: str
    taken: str
    catalogs: dict[str, msgspec.Raw]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A model's prices, with the discounts of the catalog that they were asked for in."""

    model: ModelRow
    discounts: Mapping[str, str] = {}


class Snapshot:
    """The reviewed prices that ship with Penstock."""

    def __init__(self, raw: bytes) -> None:
        """`raw` is the content of `prices.json`. Raises msgspec.ValidationError."""
        self._file = msgspec.json.decode(raw, type=_File)
        self._catalogs: dict[str, Catalog] = {}
        self.version = f"{self._file.taken}+{hashlib.sha256(raw).hexdigest()[:8]}"
        """Date of the snapshot and the beginning of its hash."""

    def catalog_of(self, base_url: str) -> str | None:
        """Return the id of the catalog whose provider answers at this address; None: nobody known."""
        for name, raw in self._file.catalogs.items():
            if re.match(msgspec.json.decode(raw, type=_Hosts).hosts, base_url):
                return name
        return None

    def find(self, catalog: str, model: str) -> Found | None:
        """Return the prices of a model as its provider calls it; None: not in the catalog."""
        known = self._catalog(catalog)
        if known is None:
            return None
        name = model.lower()
        for form in dict.fromkeys((name, _dashed(name))):
            if row := _first(known.models, form):
                return Found(model=row, discounts=known.discounts)
            for other in known.fallback:
                # Another provider sells the model: its own discounts for tiers need not hold there.
                if (elsewhere := self._catalog(other)) and (row := _first(elsewhere.models, form)):
                    return Found(model=msgspec.structs.replace(row, tiers=()))
        return None

    def _catalog(self, name: str) -> Catalog | None:
        if name not in self._catalogs:
            raw = self._file.catalogs.get(name)
            if raw is None:
                return None
            self._catalogs[name] = msgspec.json.decode(raw, type=Catalog)
        return self._catalogs[name]


@functools.cache
def shipped() -> Snapshot:
    """Read the snapshot of this release, once."""
    return Snapshot(resources.files("penstock").joinpath("data", "prices.json").read_bytes())


def _first(models: Sequence[ModelRow], name: str) -> ModelRow | None:
    return next((row for row in models if _any(row.match, name)), None)


def _any(clauses: Sequence[Clause], name: str) -> bool:
    return any(_matches(clause, name) for clause in clauses)


def _matches(clause: Clause, name: str) -> bool:
    if isinstance(clause, All):
        return all(_any(part, name) for part in clause.all)
    sign, text = clause[0], clause[1:]
    match sign:
        case "=":
            return name == text
        case "^":
            return name.startswith(text)
        case "$":
            return name.endswith(text)
        case "*":
            return text in name
        case _:
            return re.search(text, name) is not None


_COMPACT_DATE: Final = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


def _dashed(name: str) -> str:
    """Write -20251211 as -2025-12-11: some routers name dated models in the short form."""
    return _COMPACT_DATE.sub(r"-\1-\2-\3", name)

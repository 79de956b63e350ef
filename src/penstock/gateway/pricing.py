"""What a call costs, in integer nano-dollars (G20).

Prices are exact integers of 10^-15 nano-dollars per token. The exact sum of a call is rounded to the
nano-dollar once, half to even; the parts are the differences of its rounded running sum, so they add
up to the total exactly and each is within one nano-dollar of its own exact cost.

A bucket without a price of its own costs what the next wider one costs (`_WIDER`). Where that too is
unknown, or the service tier is, the cost is None, never 0 and never a guess.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from penstock.config.tree import Price
from penstock.domain.usage import Usage
from penstock.gateway.catalog import Amount, Found, ModelRow, Row, Snapshot

SCALE: Final = 10**15
PER_THOUSAND: Final = frozenset({"searches", "requests"})
STANDARD_TIERS: Final = frozenset({"", "auto", "default", "on_demand", "standard"})
"""Names under which providers bill their ordinary price."""
MEMO: Final = 4096
"""Models whose prices are kept ready; names come from clients, so there is a bound."""

_WIDER: Final = {
    "input_uncached": ("input",),
    "cache_read": ("cache_read", "input"),
    "cache_write_5m": ("cache_write", "input"),
    "cache_write_1h": ("cache_write_1h", "cache_write", "input"),
    "input_audio": ("input_audio", "input"),
    "input_image": ("input_image", "input"),
    "output_text": ("output",),
    "output_reasoning": ("output_reasoning", "output"),
    "output_audio": ("output_audio", "output"),
    "output_image": ("output_image", "output"),
    "searches": ("searches",),
    "request": ("requests",),
}
"""Bucket -> names of prices, the first that is given is used."""

Rates = tuple[int | None, ...]
"""Per bucket, in the order of `_WIDER`."""
Ladder = tuple[tuple[int, Rates], ...]
"""(holds above this many input tokens, rates of the whole request), the highest first."""


class Part(NamedTuple):
    """One bucket's share of a cost."""

    bucket: str
    tokens: int
    """Tokens; for `searches` and `request` how many."""
    nanos: int | None


class Priced(NamedTuple):
    """A cost. `nanos` is the sum of the parts; None: a price is not known."""

    nanos: int | None
    version: str
    parts: tuple[Part, ...]


class Prices:
    """Looks prices up by provider and model; the configuration's go before the snapshot's."""

    def __init__(self, snapshot: Snapshot, overlay: Mapping[str, Price]) -> None:
        """`overlay`: provider/model, with the provider's name in the configuration, -> prices."""
        self._snapshot = snapshot
        self._overlay = {name: _negotiated(name, price) for name, price in overlay.items()}
        self._memo: dict[tuple[str, str, str], _Entry] = {}

    def price(self, provider: str, catalog: str, model: str, usage: Usage, at: float) -> Priced:
        """Price a call that was made at `at` (Unix seconds, UTC).

        `provider` is the name in the configuration, `catalog` the provider's id in the snapshot (see
        Snapshot.catalog_of), `model` the name by which the provider knows the model.
        """
        key = (provider, catalog, model)
        entry = self._memo.get(key) or self._entry(key)
        tier = "batch" if usage.batch else usage.service_tier or ""
        rates = _step(entry.ladder("" if tier in STANDARD_TIERS else tier, at), usage.input_tokens)
        return _sum(usage, rates, entry.version)

    def _entry(self, key: tuple[str, str, str]) -> "_Entry":
        provider, catalog, model = key
        entry = self._overlay.get(f"{provider}/{model}")
        if entry is None:
            entry = _Entry(self._snapshot.find(catalog, model) or _UNKNOWN, self._snapshot.version)
        if len(self._memo) >= MEMO:
            self._memo.clear()
        self._memo[key] = entry
        return entry


class _Entry:
    """One model's prices, worked out for the times and tiers that were asked for."""

    __slots__ = ("_found", "_ladders", "_one_price", "version")

    def __init__(self, found: Found, version: str, *, one_price: bool = False) -> None:
        """`one_price`: whatever the service tier is."""
        self._found = found
        self._one_price = one_price
        self._ladders: dict[tuple[str, int, tuple[int, ...]], Ladder] = {}
        self.version = version

    def ladder(self, tier: str, at: float) -> Ladder:
        """Return the rates that hold at a time in a service tier ("" is the standard one)."""
        model = self._found.model
        asked = "" if self._one_price else tier
        rows = model.prices
        base = next((n for n in range(len(rows) - 1, 0, -1) if _holds(rows[n], at)), 0)
        own = tuple(n for n, row in enumerate(model.tiers) if row.tier == asked and _holds(row, at))
        key = (asked, base, own)
        ladder = self._ladders.get(key)
        if ladder is None:
            self._ladders[key] = ladder = self._work_out(asked, rows[base], [model.tiers[n] for n in own])
        return ladder

    def _work_out(self, tier: str, standard: Row, own: list[Row]) -> Ladder:
        factor = "1"
        if tier and not own:
            if tier not in self._found.discounts:
                return _NO_LADDER
            factor = self._found.discounts[tier]
        usd = dict(chain.from_iterable(row.usd.items() for row in (standard, *reversed(own))))
        return _compile(usd, Decimal(factor))


def _holds(row: Row, at: float) -> bool:
    if row.start is not None:
        return at >= datetime.combine(row.start, time(), UTC).timestamp()
    if row.daily is not None:
        now = datetime.fromtimestamp(at, UTC).time()
        begin, end = row.daily
        return begin <= now < end if begin <= end else now >= begin or now < end
    return True


def _compile(usd: Mapping[str, Amount], factor: Decimal) -> Ladder:
    thresholds = {step[0] for amount in usd.values() for step in amount if isinstance(step, tuple)}
    ladder = []
    for above in sorted({-1} | thresholds, reverse=True):
        rates = {name: _rate(name, _amount_above(amount, above), factor) for name, amount in usd.items()}
        ladder.append((above, tuple(_widest(rates, names) for names in _WIDER.values())))
    return tuple(ladder)


def _amount_above(amount: Amount, above: int) -> str:
    if isinstance(amount, str):
        return amount
    price = ""
    for step in amount:
        if isinstance(step, str):
            price = step
        elif step[0] <= above:
            price = step[1]
    return price


def _rate(name: str, usd: str, factor: Decimal) -> int:
    if name in PER_THOUSAND:
        return int(Decimal(usd).scaleb(21))
    return int((Decimal(usd) * factor).scaleb(18))


def _widest(rates: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((rates[name] for name in names if name in rates), None)


def _step(ladder: Ladder, input_tokens: int) -> Rates:
    for above, rates in ladder[:-1]:
        if input_tokens > above:
            return rates
    return ladder[-1][1]


def _sum(usage: Usage, rates: Rates, version: str) -> Priced:
    """Add up, exactly, what was used."""
    parts: list[Part] = []
    exact = total = 0
    known = True
    for bucket, count, rate in zip(_WIDER, _counts(usage, rates), rates, strict=True):
        if not count:
            continue
        if rate is None or count < 0:  # a count below zero is a provider's contradiction, not a refund
            parts.append(Part(bucket, count, None))
            known = False
            continue
        exact += count * rate
        before, total = total, _half_even(exact)
        parts.append(Part(bucket, count, total - before))
    return Priced(total if known else None, version, tuple(parts))


def _counts(usage: Usage, rates: Rates) -> tuple[int, ...]:
    return (
        usage.input_uncached,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.input_audio,
        usage.input_image,
        usage.output_text,
        usage.output_reasoning,
        usage.output_audio,
        usage.output_image,
        usage.searches,
        1 if rates[-1] else 0,
    )


def _half_even(exact: int) -> int:
    whole, rest = divmod(exact, SCALE)
    return whole + 1 if 2 * rest > SCALE or (2 * rest == SCALE and whole % 2) else whole


def _negotiated(name: str, price: Price) -> _Entry:
    usd = {key: str(value) for key, value in msgspec.structs.asdict(price).items() if value is not None}
    found = Found(model=ModelRow(id=name, match=(), prices=(Row(usd=usd),)))
    digest = hashlib.sha256(msgspec.json.encode(usd, order="sorted")).hexdigest()[:8]
    return _Entry(found, f"overlay+{digest}", one_price=True)


_UNKNOWN: Final = Found(model=ModelRow(id="", match=(), prices=(Row(usd={}),)))
_NO_LADDER: Final[Ladder] = _compile({}, Decimal(1))

"""Why a request cost what it cost: each attempt's buckets, priced again and held against the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from penstock.app.plugins import CATALOGS
from penstock.config.load import Loaded
from penstock.domain.ledger import LedgerRow
from penstock.domain.record import AttemptRecord, RequestRecord
from penstock.domain.usage import Usage
from penstock.gateway.catalog import Snapshot
from penstock.gateway.pricing import Part, Prices


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket of one attempt."""

    bucket: str
    tokens: int
    nanos: int | None

    @property
    def usd_per_million(self) -> str:
        """Return the price, rounded for reading; the share itself is exact."""
        return f"{self.nanos / self.tokens / 1000:.4g}" if self.nanos is not None and self.tokens else ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt's cost as it was booked. `parts` is empty if it cannot be taken apart any more."""

    attempt: int
    target: str
    nanos: int | None
    price_version: str
    estimated: bool
    reason: str
    parts: tuple[Share, ...]
    usage: Usage | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The whole cost. `total_nanos` is the exact sum of the lines; None: a price is not known."""

    request_id: str
    total_nanos: int | None
    lines: tuple[Line, ...]
    rows: tuple[LedgerRow, ...]
    open: bool
    """An attempt has not ended yet: its hold is not spent."""


def receipt(
    request_id: str, rows: Sequence[LedgerRow], record: RequestRecord | None, pricer: "Pricer"
) -> Receipt:
    """Write the receipt of a request from its ledger rows, oldest first."""
    attempts = {attempt.number: attempt for attempt in record.attempts} if record else {}
    spent = [row for row in rows if row.kind in {"settle", "adjust"}]
    lines = tuple(_line(row, attempts.get(row.attempt), record, pricer) for row in spent)
    ended = {row.attempt for row in rows if row.kind in {"settle", "release"}}
    amounts = [line.nanos for line in lines]
    known = [amount for amount in amounts if amount is not None]
    return Receipt(
        request_id=request_id,
        total_nanos=sum(known) if len(known) == len(amounts) else None,
        lines=lines,
        rows=tuple(rows),
        open=any(row.kind == "hold" and row.attempt not in ended for row in rows),
    )


def _line(
    row: LedgerRow, attempt: AttemptRecord | None, record: RequestRecord | None, pricer: "Pricer"
) -> Line:
    model = attempt.model if attempt else row.model_answered
    provider = row.provider or (attempt.provider if attempt else "")
    at = record.at if record else row.at
    parts = pricer.parts(provider, model, row, at) if row.usage and row.nanos is not None else ()
    return Line(
        attempt=row.attempt,
        target=f"{provider}/{model}",
        nanos=row.nanos,
        price_version=row.price_version,
        estimated=row.estimated,
        reason=row.reason,
        parts=tuple(Share(bucket=each.bucket, tokens=each.tokens, nanos=each.nanos) for each in parts),
        usage=row.usage,
    )


class Pricer:
    """Prices usage again, by today's snapshot and configuration."""

    def __init__(self, snapshot: Snapshot, loaded: Loaded | None) -> None:
        """`loaded`: None if the configuration has mistakes; then only built-in prices are known."""
        self._snapshot = snapshot
        self._entries: Mapping[str, Mapping[str, Any]] = loaded.config.providers if loaded else {}  # options
        self._models = loaded.config.models if loaded else {}
        self._prices = Prices(snapshot, loaded.config.prices if loaded else {})

    def parts(self, provider: str, model: str, row: LedgerRow, at: float) -> tuple[Part, ...]:
        """Take an amount apart. Empty unless version and sum are exactly those that were booked."""
        for by, catalog, name in self._candidates(provider, model):
            priced = self._prices.price(by, catalog, name, row.usage or Usage(), at)
            if priced.nanos == row.nanos and priced.version == row.price_version:
                return priced.parts
        return ()

    def _candidates(self, provider: str, model: str) -> Iterator[tuple[str, str, str]]:
        """Yield whose prices may have applied: price_as, or the provider's address, kind, vendor, name."""
        for configured in self._models.values():
            for target in configured.targets:
                if target.price_as and (target.provider, target.model) == (provider, model):
                    by, _, name = target.price_as.partition("/")
                    yield by, by, name
        entry = self._entries.get(provider, {})
        address = entry.get("base_url")
        catalogs = (
            self._snapshot.catalog_of(address) if address else None,
            CATALOGS.get(entry.get("kind", "")),
            entry.get("vendor"),
            provider,
        )
        for catalog in catalogs:
            if catalog:
                yield provider, catalog, model

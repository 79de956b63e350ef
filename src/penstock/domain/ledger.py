"""The rows of the ledger: append-only, integer nano-dollars, one truth for all spending."""

from typing import Literal

import msgspec

from penstock.domain.usage import Usage

LedgerKind = Literal["hold", "settle", "release", "adjust"]


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row; (request_id, attempt, kind) is its identity, so writing it twice changes nothing.

    A hold is a lease of `process_id`: when that process is gone, recovery settles it at its
    estimate. `nanos` of a hold is the estimate, of a settle the cost, of a release 0.
    """

    request_id: str
    attempt: int
    """1, 2, ... within the request."""
    kind: LedgerKind
    at: float
    """Unix seconds, UTC."""
    nanos: int | None
    """None: the price is not known (G20), which is not the same as 0."""
    process_id: str
    key_id: str
    user: str | None = None
    team: str | None = None
    organization: str | None = None
    session: str | None = None
    model_asked: str = ""
    model_answered: str = ""
    provider: str = ""
    price_version: str = ""
    prompt_version: str = ""
    usage: Usage | None = None
    estimated: bool = False
    reason: str = ""
    """Why it ended: ok, a failure's code, `recovered`."""

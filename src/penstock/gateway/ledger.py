"""Books money: a hold before every attempt, and exactly one settlement or release after it.

Nothing here waits or opens anything: a row is handed to the journal, which writes it in a group.
"""

import asyncio
from collections.abc import Callable

import msgspec

from penstock.domain.exchange import Ask
from penstock.domain.ledger import LedgerRow
from penstock.domain.usage import Usage
from penstock.protocols import Journal


class Hold:
    """Money set aside for one attempt, until `Ledger.settle` or `Ledger.release` ends it.

    `durable` is done once the hold is on disk; no byte of an answer goes to a client before that.
    It fails with StorageUnavailable when the hold could not be written.
    """

    __slots__ = ("durable", "ended", "row")

    def __init__(self, row: LedgerRow, durable: asyncio.Future[None]) -> None:
        """`row` is the hold as written; `durable` is the journal's promise for it."""
        self.row = row
        self.durable = durable
        self.ended: asyncio.Future[None] | None = None
        """The promise of the row that ended this hold; None while it is open."""


class Ledger:
    """The only place that makes ledger rows for requests."""

    def __init__(self, journal: Journal, process_id: str, clock: Callable[[], float]) -> None:
        """`process_id` is the lease under which holds stand; `clock` gives Unix seconds, UTC."""
        self._journal = journal
        self._process_id = process_id
        self._clock = clock

    def hold(
        self,
        ask: Ask,
        attempt: int,
        provider: str,
        model: str,
        estimate_nanos: int | None,
        price_version: str,
    ) -> Hold:
        """Set an estimate aside for one attempt (1, 2, ...) at a target; None: its price is not known."""
        who = ask.principal
        row = LedgerRow(
            request_id=ask.id,
            attempt=attempt,
            kind="hold",
            at=self._clock(),
            nanos=estimate_nanos,
            process_id=self._process_id,
            key_id=who.key_id,
            user=who.user,
            team=who.team,
            organization=who.organization,
            session=ask.session,
            model_asked=ask.request.model,
            model_answered=model,
            provider=provider,
            price_version=price_version,
            estimated=True,
        )
        return Hold(row, self._journal.append(row))

    def settle(
        self,
        hold: Hold,
        usage: Usage | None,
        nanos: int | None,
        *,
        estimated: bool = False,
        model_answered: str = "",
        reason: str = "ok",
    ) -> asyncio.Future[None]:
        """Book what the attempt cost. A hold that has ended stays as it is.

        `model_answered` is what the answer named itself (G21), the target's model if it did not.
        The future is done once the row that ended the hold is on disk.
        """
        if hold.ended is None:
            row = msgspec.structs.replace(
                hold.row,
                kind="settle",
                at=self._clock(),
                nanos=nanos,
                usage=usage,
                estimated=estimated,
                model_answered=model_answered or hold.row.model_answered,
                reason=reason,
            )
            hold.ended = self._journal.append(row)
        return hold.ended

    def release(self, hold: Hold, reason: str) -> asyncio.Future[None]:
        """Give the money back: the attempt cost nothing. A hold that has ended stays as it is."""
        if hold.ended is None:
            row = msgspec.structs.replace(
                hold.row, kind="release", at=self._clock(), nanos=0, estimated=False, reason=reason
            )
            hold.ended = self._journal.append(row)
        return hold.ended

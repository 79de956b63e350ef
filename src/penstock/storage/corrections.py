"""What happens when the true end of a hold comes after the hold was recovered.

A process that was cut off from the database for long is taken for dead, and its holds are settled at
their estimates; when it comes back, its own settlements find the place taken. Their difference is then
booked as an `adjust` row, so that the sum is the true cost.
"""

import msgspec

from penstock.domain.ledger import LedgerRow
from penstock.storage.ledger import ENDS

LATE = "late"
"""The reason of a correction."""


def is_end(row: LedgerRow) -> bool:
    """Whether the row ends a hold."""
    return row.kind in ENDS


def correction(end: LedgerRow, recovered_nanos: int | None) -> LedgerRow | None:
    """Return the row that makes a recovered settlement true; None if nothing is known or nothing differs.

    `end` is the true end, `recovered_nanos` what recovery booked (None: it did not know the price).
    """
    if end.nanos is None:
        return None
    difference = end.nanos - (recovered_nanos or 0)
    if difference == 0 and recovered_nanos is not None:
        return None
    return msgspec.structs.replace(end, kind="adjust", nanos=difference, reason=LATE)

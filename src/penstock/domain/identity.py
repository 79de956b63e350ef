"""Who asks, and how things are numbered."""

import os
import time
import uuid

import msgspec


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticated caller of one request. Scopes that do not apply are None."""

    key_id: str
    """Public id of the key, safe to log."""
    key_name: str
    lineage: str | None = None
    """Id of the first key of a line of rotated keys: all of a line count together (G26)."""
    user: str | None = None
    team: str | None = None
    organization: str | None = None


def new_id(now: float | None = None) -> str:
    """Return a UUIDv7 (RFC 9562) as text, ordered by its millisecond.

    `now` is Unix time in seconds; None takes the clock's.
    """
    milliseconds = int((time.time() if now is None else now) * 1000)
    noise = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (noise >> 68) << 64
    value |= 0b10 << 62 | (noise & 0x3FFF_FFFF_FFFF_FFFF)
    return str(uuid.UUID(int=value))

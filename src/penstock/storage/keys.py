"""Keys that were made with `penstock keys` or in the dashboard; those of the configuration stay there.

Every change gets a number, in the order of commits, so that each process can ask what changed since it
looked last (G26). A key that was rotated shares its `lineage` with the new one, and so its spend.
"""

import msgspec
from sqlalchemy import Connection, insert, select, update

from penstock.storage.database import noun
from penstock.storage.tables import key_changes, keys


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One key, without its secret."""

    public_id: str
    name: str
    hash: str
    """HMAC-SHA-256 of the whole key, hexadecimal (G28)."""
    user: str | None = None
    team: str | None = None
    organization: str | None = None
    created: float
    """Unix seconds, UTC."""
    revoked_at: float | None = None
    """From this time on it is refused; may lie ahead, for a rotated key with a period of grace."""
    rotated_from: str | None = None
    lineage: str
    """Public id of the first key of this line."""
    changed: int = 0
    """Number of its latest change."""


def create(connection: Connection, key: KeyRow) -> KeyRow:
    """Store a new key; return it with the number of the change."""
    stored = msgspec.structs.replace(key, changed=_next_change(connection))
    connection.execute(insert(keys).values(**msgspec.structs.asdict(stored)))
    return stored


def revoke(connection: Connection, public_id: str, at: float) -> bool:
    """Refuse a key from `at` on; False if there is no such key or it is refused from an earlier time."""
    known = get(connection, public_id)
    if known is None or (known.revoked_at is not None and known.revoked_at <= at):
        return False
    change = _next_change(connection)
    connection.execute(
        update(keys).where(keys.c.public_id == public_id).values(revoked_at=at, changed=change)
    )
    return True


def rotate(connection: Connection, public_id: str, successor: KeyRow, revoke_at: float) -> KeyRow | None:
    """Store the successor of a key, in its line, and refuse the old one from `revoke_at` on.

    None if there is no such key. The successor's `rotated_from` and `lineage` are set here.
    """
    old = get(connection, public_id)
    if old is None:
        return None
    revoke(connection, public_id, revoke_at)
    return create(connection, msgspec.structs.replace(successor, rotated_from=public_id, lineage=old.lineage))


def get(connection: Connection, public_id: str) -> KeyRow | None:
    """Return one key."""
    found = connection.execute(select(keys).where(keys.c.public_id == public_id)).one_or_none()
    return None if found is None else noun(found, KeyRow)


def listed(connection: Connection) -> list[KeyRow]:
    """Return all keys, also those that were revoked, oldest first."""
    return [noun(found, KeyRow) for found in connection.execute(select(keys).order_by(keys.c.created))]


def changed_since(connection: Connection, change: int) -> list[KeyRow]:
    """Return the keys that changed after that change, in the order of change; 0 gives all."""
    query = select(keys).where(keys.c.changed > change).order_by(keys.c.changed)
    return [noun(found, KeyRow) for found in connection.execute(query)]


def _next_change(connection: Connection) -> int:
    """Count one change. The lock on the counter's row is held until the commit: no number comes late."""
    counted = update(key_changes).values(last=key_changes.c.last + 1).returning(key_changes.c.last)
    return int(connection.execute(counted).scalar_one())

"""Keys on their way into the database and out of it."""

import difflib
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from penstock.cli.parts.trouble import Trouble
from penstock.config.folder import pepper
from penstock.domain.keys import hash_key, make_key, parse_key
from penstock.storage.keys import KeyRow


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A new key: the text to be shown once, and the row to be kept."""

    key: str
    row: KeyRow


def make(
    folder: Path,
    name: str,
    *,
    now: float,
    user: str | None = None,
    team: str | None = None,
    organization: str | None = None,
) -> Made:
    """Make a key under the server's secret in `folder`. `now` is Unix seconds."""
    key = make_key()
    parsed = parse_key(key)
    public_id = parsed.public_id if parsed else ""
    row = KeyRow(
        public_id=public_id,
        name=name,
        hash=hash_key(key, pepper(folder)).hex(),
        user=user,
        team=team,
        organization=organization,
        created=now,
        lineage=public_id,
    )
    return Made(key=key, row=row)


def pick(rows: Sequence[KeyRow], wanted: str) -> KeyRow:
    """Return the key of that id, or the only working one of that name. Raises Trouble."""
    by_id = {row.public_id: row for row in rows}
    parsed = parse_key(wanted)
    wanted = parsed.public_id if parsed else wanted
    if wanted in by_id:
        return by_id[wanted]
    named = [row for row in rows if row.name == wanted and row.revoked_at is None]
    if len(named) == 1:
        return named[0]
    if named:
        raise Trouble(
            f"there are {len(named)} keys called {wanted}", "say which by its id: penstock keys list"
        )
    close = difflib.get_close_matches(wanted, [*by_id, *(row.name for row in rows)], n=1)
    hint = f"did you mean {close[0]}?" if close else "penstock keys list"
    raise Trouble(f"there is no key {wanted}", hint)


def state(row: KeyRow, now: float) -> str:
    """Say whether a key works."""
    if row.revoked_at is None:
        return "works"
    return "revoked" if row.revoked_at <= now else f"works for {math.ceil(row.revoked_at - now)} s more"


def as_json(row: KeyRow, now: float) -> dict[str, object]:
    """Return what may be shown of a key."""
    shown = msgspec.structs.asdict(row)
    del shown["hash"]
    return {**shown, "works": row.revoked_at is None or row.revoked_at > now}

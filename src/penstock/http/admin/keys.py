"""/admin/keys: list, make, rotate, revoke."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Final, Literal

import msgspec

from penstock.domain.exchange import Whole
from penstock.domain.keys import hash_key, make_key, public_id
from penstock.failures import NotFound
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate, Keyring
from penstock.http.incoming import Incoming
from penstock.http.routes import Route
from penstock.storage import keys as stored
from penstock.storage.database import Database
from penstock.storage.keys import KeyRow

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
LONGEST_GRACE: Final = 30 * 86_400
"""Seconds that a rotated key may go on."""


class KeyView(msgspec.Struct, kw_only=True):
    """A key, without its secret."""

    id: str
    """Its public id."""
    name: str
    user: str | None
    team: str | None
    organization: str | None
    source: Literal["database", "configuration"]
    created: float | None = None
    """Unix seconds, UTC."""
    revoked_at: float | None = None
    """Unix seconds from which on it is refused."""
    rotated_from: str | None = None


class KeyList(msgspec.Struct, kw_only=True):
    """All keys, oldest first, those of the configuration last."""

    data: list[KeyView]


class MadeKey(msgspec.Struct, kw_only=True):
    """A new key. The secret is shown this once and stored nowhere."""

    key: str
    view: KeyView


class NewKey(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a key is to be."""

    name: Name
    user: Name | None = None
    team: Name | None = None
    organization: Name | None = None


class Rotation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a key is to be replaced."""

    grace_seconds: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_GRACE)] = 0.0
    """Seconds that the old key goes on working."""


class Keys:
    """Pages about keys. `clock` gives Unix seconds, UTC."""

    def __init__(
        self, database: Database, keyring: Keyring, pepper: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._pepper = pepper
        self._clock = clock

    async def all(self, _incoming: Incoming) -> Whole:
        """GET /admin/keys."""
        rows = await asyncio.to_thread(self._database.read, stored.listed)
        return guard.write(KeyList(data=[*map(view, rows), *self._configured()]))

    async def create(self, incoming: Incoming) -> Whole:
        """POST /admin/keys."""
        wanted = await guard.read(incoming, NewKey)
        key, row = self._make(wanted)
        row = await asyncio.to_thread(self._database.write, stored.create, row)
        await self._keyring.refresh(incoming.loop.time())
        return guard.write(MadeKey(key=key, view=view(row)), 201)

    async def rotate(self, incoming: Incoming) -> Whole:
        """POST /admin/keys/{id}/rotate: a new secret in the same line, so that its spend goes on."""
        wanted = await guard.read(incoming, Rotation)
        old = await asyncio.to_thread(self._database.read, stored.get, incoming.parameters["id"])
        if old is None:
            raise NotFound("There is no such key in the database.", param="id")
        key, row = self._make(
            NewKey(name=old.name, user=old.user, team=old.team, organization=old.organization)
        )
        made = await asyncio.to_thread(
            self._database.write, stored.rotate, old.public_id, row, self._clock() + wanted.grace_seconds
        )
        await self._keyring.refresh(incoming.loop.time())
        return guard.write(MadeKey(key=key, view=view(made or row)), 201)

    async def revoke(self, incoming: Incoming) -> Whole:
        """DELETE /admin/keys/{id}: at once; doing it twice changes nothing."""
        name = incoming.parameters["id"]
        await asyncio.to_thread(self._database.write, stored.revoke, name, self._clock())
        row = await asyncio.to_thread(self._database.read, stored.get, name)
        if row is None:
            raise NotFound("There is no such key in the database.", param="id")
        await self._keyring.refresh(incoming.loop.time())
        return guard.write(view(row))

    def _make(self, wanted: NewKey) -> tuple[str, KeyRow]:
        key = make_key()
        name = public_id(key, self._pepper)
        return key, KeyRow(
            public_id=name,
            name=wanted.name,
            hash=hash_key(key, self._pepper).hex(),
            user=wanted.user,
            team=wanted.team,
            organization=wanted.organization,
            created=self._clock(),
            lineage=name,
        )

    def _configured(self) -> list[KeyView]:
        return [
            KeyView(
                id=key.principal.key_id,
                name=key.principal.key_name,
                user=key.principal.user,
                team=key.principal.team,
                organization=key.principal.organization,
                source="configuration",
            )
            for key in self._keyring.configured
        ]


def view(row: KeyRow) -> KeyView:
    """Return what may be shown of a stored key."""
    return KeyView(
        id=row.public_id,
        name=row.name,
        user=row.user,
        team=row.team,
        organization=row.organization,
        source="database",
        created=row.created,
        revoked_at=row.revoked_at,
        rotated_from=row.rotated_from,
    )


def routes(gate: AdminGate, keys: Keys) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/keys",
            handler=guard.Guarded(gate, keys.all),
            access="admin",
            summary="All keys, without their secrets.",
            reply=KeyList,
            failures=(503,),
        ),
        Route(
            method="POST",
            path="/admin/keys",
            handler=guard.Guarded(gate, keys.create),
            access="admin",
            summary="Make a key; its secret is shown once.",
            body=NewKey,
            reply=MadeKey,
            status=201,
            failures=(400, 408, 413, 415, 503),
        ),
        Route(
            method="POST",
            path="/admin/keys/{id}/rotate",
            handler=guard.Guarded(gate, keys.rotate),
            access="admin",
            summary="Replace a key; what it spent stays counted together.",
            body=Rotation,
            reply=MadeKey,
            status=201,
            failures=(400, 404, 408, 413, 415, 503),
        ),
        Route(
            method="DELETE",
            path="/admin/keys/{id}",
            handler=guard.Guarded(gate, keys.revoke),
            access="admin",
            summary="Refuse a key from now on.",
            reply=KeyView,
            failures=(404, 503),
        ),
    )

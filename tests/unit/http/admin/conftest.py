"""The administration over a real database in a file."""

import asyncio
from pathlib import Path

import pytest

from penstock.domain.keys import hash_key
from penstock.http.authenticate import AdminGate, Keyring, KnownKey
from penstock.storage import keys as stored_keys
from penstock.storage.database import Database
from penstock.storage.migrate import migrate

PEPPER = b"p" * 32
ADMIN = "psk_admin_0123456789abcdef0123"


@pytest.fixture
def database(tmp_path: Path):
    opened = Database("sqlite", tmp_path)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def pepper() -> bytes:
    return PEPPER


@pytest.fixture
def gate() -> AdminGate:
    return AdminGate(hash_key(ADMIN, PEPPER), PEPPER)


@pytest.fixture
def stored_keyring(database, keyring) -> Keyring:
    """Keys of the test's configuration and of its database."""

    async def load(change: int):
        rows = await asyncio.to_thread(database.read, stored_keys.changed_since, change)
        return [
            KnownKey(
                digest=bytes.fromhex(row.hash),
                principal=keyring.configured[0].principal,
                revoked_at=row.revoked_at,
                changed=row.changed,
            )
            for row in rows
        ]

    return Keyring(PEPPER, keyring.configured, load)


@pytest.fixture
def admin(make_door, client_of):
    """Makes a client that shows the admin key, for some routes."""

    def make(routes):
        client = client_of(make_door(*routes))

        async def ask(method, path, body=b"", *, key=ADMIN, **more):
            return await client(method, path, body, headers={"authorization": f"Bearer {key}"}, **more)

        return ask

    return make

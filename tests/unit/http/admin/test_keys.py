"""Keys: made, listed, rotated, revoked."""

import msgspec
import pytest

from penstock.config.tree import Server
from penstock.failures import Unauthenticated
from penstock.http.admin.keys import Keys, routes
from penstock.http.incoming import Incoming


@pytest.fixture
def ask(database, gate, admin, stored_keyring, pepper):
    return admin(routes(gate, Keys(database, stored_keyring, pepper)))


@pytest.fixture
def works(stored_keyring):
    """Whether a key is let in."""

    async def try_key(key: str) -> bool:
        scope = {"method": "GET", "path": "/", "headers": [(b"api-key", key.encode())], "query_string": b""}
        try:
            await stored_keyring.authenticate(Incoming(scope, None, Server()))
        except Unauthenticated:
            return False
        return True

    return try_key


async def make(ask, **wanted):
    reply = await ask("POST", "/admin/keys", msgspec.json.encode({"name": "ci", **wanted}))
    assert reply.status == 201
    return reply.json()


async def test_a_new_key_works_at_once(ask, works):
    """It is shown once, and let in from then on."""
    made = await make(ask, organization="acme")
    assert await works(made["key"])
    assert made["view"]["organization"] == "acme"


async def test_list_holds_no_secret(ask):
    """Keys of the database and of the configuration, without anything to get in with (G28)."""
    made = await make(ask)
    reply = await ask("GET", "/admin/keys")
    assert [(key["name"], key["source"]) for key in reply.json()["data"]] == [
        ("ci", "database"),
        ("alice", "configuration"),
    ]
    assert made["key"] not in reply.body.decode()
    assert "hash" not in reply.body.decode()


async def test_revoked_at_once(ask, works):
    """A revoked key is refused from then on (G26)."""
    made = await make(ask)
    path = f"/admin/keys/{made['view']['id']}"
    assert (await ask("DELETE", path)).json()["revoked_at"] is not None
    assert not await works(made["key"])
    assert (await ask("DELETE", path)).status == 200


async def test_rotated(ask, works):
    """The new secret works, the old one does not (G26)."""
    old = await make(ask, user="u")
    new = (await ask("POST", f"/admin/keys/{old['view']['id']}/rotate")).json()
    assert (new["view"]["rotated_from"], new["view"]["user"]) == (old["view"]["id"], "u")
    assert await works(new["key"])
    assert not await works(old["key"])


async def test_rotated_with_grace(ask, works):
    """With a period of grace both work."""
    old = await make(ask)
    await ask("POST", f"/admin/keys/{old['view']['id']}/rotate", b'{"grace_seconds":60}')
    assert await works(old["key"])


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/admin/keys/no"), ("POST", "/admin/keys/no/rotate")]
)
async def test_unknown_key_is_a_404(ask, method, path):
    """So is one of the configuration: it is changed there."""
    assert (await ask(method, path)).status == 404


@pytest.mark.parametrize("body", [b"", b'{"name":""}', b'{"name":"x","admin":true}', b"[]"])
async def test_nonsense_is_a_400(ask, body):
    """A key needs a name, and nothing that is not known."""
    assert (await ask("POST", "/admin/keys", body)).status == 400

"""Whose key it is."""

import asyncio

import pytest

from penstock.config.tree import Server
from penstock.domain.identity import Principal
from penstock.domain.keys import hash_key
from penstock.failures import StorageUnavailable, Unauthenticated
from penstock.http.authenticate import GRACE_SECONDS, AdminGate, Keyring, KnownKey
from penstock.http.incoming import Incoming

PEPPER = b"p" * 32


def request(**headers: str) -> Incoming:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Incoming({"method": "GET", "path": "/", "headers": raw, "query_string": b""}, None, Server())


def known(key: str, **more) -> KnownKey:
    return KnownKey(digest=hash_key(key, PEPPER), principal=Principal(key_id=key, key_name=key), **more)


class Database:
    """Keys with their changes; may be away."""

    def __init__(self) -> None:
        self.keys: list[KnownKey] = []
        self.away = False
        self.asked: list[int] = []

    async def __call__(self, change: int):
        self.asked.append(change)
        if self.away:
            raise StorageUnavailable("away")
        return [key for key in self.keys if key.changed > change]


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def ring(database) -> Keyring:
    return Keyring(PEPPER, [known("config")], database)


@pytest.mark.parametrize("header", ["authorization", "x_api_key", "api_key"])
async def test_key_in_any_clients_header(ring, header):
    """Bearer, x-api-key and api-key carry keys."""
    value = "Bearer config" if header == "authorization" else "config"
    assert (await ring.authenticate(request(**{header: value}))).key_id == "config"


@pytest.mark.parametrize("value", ["", "Basic config", "Bearer ", "Bearer " + "x" * 600])
async def test_no_key(ring, value):
    """Without a key that could be one, nobody is anybody."""
    with pytest.raises(Unauthenticated):
        await ring.authenticate(request(authorization=value))


async def test_unknown_key(ring):
    """An unknown key is refused."""
    with pytest.raises(Unauthenticated):
        await ring.authenticate(request(api_key="other"))


async def test_key_made_a_moment_ago_is_found(ring, database):
    """A key that is not in memory is looked for once, before it is refused."""
    database.keys.append(known("new", changed=1))
    assert (await ring.authenticate(request(api_key="new"))).key_id == "new"


async def test_many_wrong_keys_cause_few_questions(ring, database):
    """Guessing does not load the database."""
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await ring.authenticate(request(api_key="wrong"))
    assert len(database.asked) <= 2


async def test_only_changes_are_asked_for(ring, database):
    """Each look asks for what changed since the last one."""
    database.keys.append(known("new", changed=7))
    await ring.refresh(0.0)
    await ring.refresh(1.0)
    assert database.asked == [0, 7]


async def test_revoked_key_is_refused_after_the_next_look(ring, database):
    """Revocation holds with the next refresh, which is due within half a second (G26)."""
    database.keys.append(known("k", changed=1))
    await ring.authenticate(request(api_key="k"))
    database.keys = [known("k", changed=2, revoked_at=1.0)]
    await ring.refresh(1.0)
    with pytest.raises(Unauthenticated):
        await ring.authenticate(request(api_key="k"))


async def test_rotated_key_goes_on_until_its_time(ring, database):
    """A revocation that lies ahead does not hold yet."""
    database.keys.append(known("k", changed=1, revoked_at=9e9))
    assert (await ring.authenticate(request(api_key="k"))).key_id == "k"


async def test_known_key_survives_an_outage(ring, database):
    """Nobody gets a 401 because our database is away (G14)."""
    database.keys.append(known("k", changed=1))
    await ring.refresh(asyncio.get_running_loop().time())
    database.away = True
    await ring.refresh(asyncio.get_running_loop().time())
    assert not ring.reachable
    assert (await ring.authenticate(request(api_key="k"))).key_id == "k"


async def test_unknown_key_in_an_outage_is_a_503(ring, database):
    """Whether it is valid, nobody can say now (G14)."""
    database.away = True
    with pytest.raises(StorageUnavailable):
        await ring.authenticate(request(api_key="other"))


async def test_known_key_ends_with_the_grace(ring, database):
    """After an hour's outage, keys of the database are not trusted blindly; the configuration's are."""
    database.keys.append(known("k", changed=1))
    await ring.refresh(asyncio.get_running_loop().time() - GRACE_SECONDS - 1)
    database.away = True
    await ring.refresh(asyncio.get_running_loop().time())
    with pytest.raises(StorageUnavailable):
        await ring.authenticate(request(api_key="k"))
    assert (await ring.authenticate(request(api_key="config"))).key_id == "config"


async def test_reloaded_configuration_replaces_its_keys(ring):
    """A key that left the configuration is no key any more."""
    ring.configure([known("other")])
    assert [key.principal.key_id for key in ring.configured] == ["other"]
    with pytest.raises(Unauthenticated):
        await ring.authenticate(request(api_key="config"))


async def test_keeping_fresh_looks_again_and_again(ring, database, monkeypatch):
    """The task looks at the database until it is cancelled."""
    looked = asyncio.Event()

    async def sleep(seconds):
        if len(database.asked) == 2:
            looked.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("penstock.http.authenticate.asyncio.sleep", sleep)
    task = asyncio.ensure_future(ring.keep_fresh())
    await asyncio.wait_for(looked.wait(), 1)
    task.cancel()
    assert database.asked == [0, 0]


@pytest.mark.parametrize("header", [{"authorization": "Bearer config"}, {"x_api_key": "root"}, {}])
async def test_admin_key_comes_as_bearer_only(header):
    """No other key and no other header opens the administration (G28)."""
    with pytest.raises(Unauthenticated):
        AdminGate(hash_key("root", PEPPER), PEPPER).check(request(**header))


async def test_admin_key_opens():
    """The admin key itself does."""
    AdminGate(hash_key("root", PEPPER), PEPPER).check(request(authorization="Bearer root"))

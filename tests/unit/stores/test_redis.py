"""The store over Redis without a Redis; tests/contract and tests/integration run it on a real one."""

import asyncio

import msgspec
import pytest
from redis.exceptions import ConnectionError as Refused

from penstock.domain.counting import Claim
from penstock.failures import StorageUnavailable
from penstock.stores import redis
from penstock.stores.redis import Redis

SLOTS = Claim(key="s", unit="slots", limit=1)


class Server:
    """Answers as the script would, or not at all."""

    def __init__(self):
        self.away = False
        self.ran = []

    async def __call__(self, keys, args):
        if self.away:
            raise Refused("nobody there")
        operations = msgspec.json.decode(args[0])
        self.ran += [each["op"] for each in operations]
        return [self.answer(each) for each in operations]

    def answer(self, operation):
        if operation["op"] == "beat":
            return [b"lives", b"2"] if operation["enter"] or operation["owner"] else [b"over", b"1"]
        if operation["op"] == "hold":
            return [b"held", b"5.0", b"1", b"0.000000"]
        return [b"settled"]


@pytest.fixture
async def store(monkeypatch):
    monkeypatch.setattr(redis, "RETRY_SECONDS", 0.001)
    made = []

    def spawn(work):
        made.append(asyncio.get_running_loop().create_task(work))
        return made[-1]

    opened = redis.open("redis://127.0.0.1:1/0", spawn)
    opened._script = Server()

    async def restore():
        """There is no ledger."""

    await opened.start(restore)
    yield opened
    await opened.aclose()
    assert all(task.done() for task in made)


def test_the_prefix_keeps_keys_together():
    """A hash tag, for a Redis that is a cluster."""
    assert redis.PREFIX == "{penstock}:"


async def test_it_counts_the_replicas(store):
    """As the lease says."""
    assert store.replicas == 2
    assert isinstance(store, Redis)


async def test_settlements_wait_until_redis_is_back(store):
    """They are brought in order, however long it takes; meanwhile holds are refused at once."""
    standing = await store.hold("a", [SLOTS], [1])
    server = store._script
    server.away = True
    with pytest.raises(StorageUnavailable):
        await store.hold("b", [SLOTS], [1])
    store.settle(standing.hold, 0, 0)
    for asked in (store.hold("c", [SLOTS], [1]), store.grant("m", 1, 1.0), store.balances(["m"])):
        with pytest.raises(StorageUnavailable):
            await asked
    await asyncio.sleep(0.01)
    assert server.ran.count("settle") == 0
    server.away = False
    while store.problem is not None:
        await asyncio.sleep(0.001)
    assert server.ran.count("settle") == 2  # what was held, and what may have been held for b


async def test_it_ends_although_redis_is_away(store, monkeypatch):
    """The last settlements are tried for a while, then given up."""
    monkeypatch.setattr(redis, "PATIENCE_SECONDS", 0.05)
    store._script.away = True
    await store.aclose()

"""One of three processes that ask the store 500 times together: URL UNIT LIMIT NUMBER -> how many passed."""

import asyncio
import sys

from penstock.domain.counting import SOON, Claim
from penstock.stores.redis import Redis

COST = 10


async def main(url: str, unit: str, limit: int, number: int) -> None:
    store = Redis(url, asyncio.get_running_loop().create_task)

    async def restore() -> None:
        """There is no ledger."""

    await store.start(restore)
    claim = Claim(key="shared", unit=unit, limit=limit, window=3600.0)
    act = spend if unit == "nanos" else ask
    passed = await asyncio.gather(*(act(store, claim, f"{number}.{each}") for each in range(number, 500, 3)))
    while unit == "nanos" and (await store.balances(["shared"]))[0].held:
        await asyncio.sleep(0.02)
    spent = (await store.balances(["shared"]))[0].spent if unit == "nanos" else 0
    print(sum(passed), spent)
    if unit == "slots":
        await asyncio.sleep(3)  # the others ask meanwhile
    await store.aclose()


async def ask(store: Redis, claim: Claim, name: str) -> bool:
    return (await store.hold(name, [claim], [1])).hold is not None


async def spend(store: Redis, claim: Claim, name: str) -> bool:
    """Hold, work, settle; who meets what others hold waits for them."""
    while True:
        standing = await store.hold(name, [claim], [COST], COST)
        if standing.hold is not None:
            await asyncio.sleep(0.01)
            store.settle(standing.hold, 0, COST)
            return True
        if standing.waits[0] != SOON:
            return False
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

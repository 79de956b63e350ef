"""Counters of many processes, on a plain Redis 7: every step is one run of one script (redis.lua).

Operations that wait at the same moment share a run. A settlement is repeated until Redis took it, and a
hold whose answer was lost is taken back; a hold ends only once, so repeating does no harm. Each process
stands under a lease that it renews: when it ends, what the process held ends with it (G23).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from redis.asyncio import Redis as Client
from redis.exceptions import RedisError

from penstock.domain.counting import NEVER, SOON, Balance, Claim, Hold, Standing
from penstock.domain.identity import new_id
from penstock.failures import StorageUnavailable
from penstock.protocols import Spawn

SCRIPT: Final = Path(__file__).with_suffix(".lua").read_text()
PREFIX: Final = "{penstock}:"
"""Of all keys; the braces keep them together where Redis is a cluster."""
LEASE_SECONDS: Final = 10.0
"""For so long a process that died still holds what it held."""
BEAT_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 2.0
"""For one run of the script; Redis counts as away after it."""
RETRY_SECONDS: Final = 0.1
"""Between two attempts while Redis is away."""
LARGEST_RUN: Final = 200
"""Operations of one run: Redis does nothing else meanwhile."""
AWAY: Final = "The store of limits and budgets is away."
WAITS: Final = {-1.0: SOON, -2.0: NEVER}

log = logging.getLogger("penstock.stores")
Answer = list[bytes]
Operation = dict[str, Any]  # wire: what redis.lua reads


class _Waiting(msgspec.Struct):
    """An operation, and who waits for its answer; None: nobody, it only has to be done."""

    operation: Operation
    answer: asyncio.Future[Answer] | None


class Redis:
    """A CounterStore over the network."""

    def __init__(self, url: str, spawn: Spawn) -> None:
        """Call it on the running loop; the first operation connects."""
        self._client = Client.from_url(
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        )
        self._script = self._client.register_script(SCRIPT)
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._id = new_id()
        self._lives = 0
        self._owner = ""
        self._entering = asyncio.Lock()
        self._restore: Callable[[], Awaitable[None]]
        self.problem: str | None = None
        self.replicas = 1
        self._closing = False
        self._spawn = spawn
        self._tasks = [spawn(self._run())]

    async def hold(
        self, hold_id: str, claims: Sequence[Claim], amounts: Sequence[int], booked: int = 0
    ) -> Standing:
        self._check_there()
        owner = self._owner
        operation: Operation = {
            "op": "hold",
            "owner": owner,
            "mark": PREFIX + "hold:" + hold_id,
            "claims": [_as_sent(claim) for claim in claims],
            "amounts": list(amounts),
            "booked": booked,
        }
        try:
            answer = await self._ask(operation)
        except (StorageUnavailable, asyncio.CancelledError):
            # It may have been held all the same.
            self._tell(_settlement(operation, 0.0, 0, 0))
            raise
        if answer[0] == b"over":
            await self._enter()
            return await self.hold(hold_id, claims, amounts, booked)
        numbers = [float(number) for number in answer[1:]]
        hold = Hold(
            id=hold_id,
            owner=owner,
            at=numbers[0],
            claims=tuple(claims),
            amounts=tuple(amounts),
            booked=booked,
        )
        return Standing(
            hold=hold if answer[0] == b"held" else None,
            used=tuple(int(used) for used in numbers[1::2]),
            waits=tuple(WAITS.get(wait, wait) for wait in numbers[2::2]),
        )

    def settle(self, hold: Hold, tokens: int, nanos: int) -> None:
        operation: Operation = {
            "owner": hold.owner,
            "mark": PREFIX + "hold:" + hold.id,
            "claims": [_as_sent(claim) for claim in hold.claims],
            "amounts": list(hold.amounts),
            "booked": hold.booked,
        }
        self._tell(_settlement(operation, hold.at, tokens, nanos))

    async def grant(self, key: str, nanos: int, window: float) -> None:
        self._check_there()
        await self._ask({"op": "grant", "key": PREFIX + key, "nanos": nanos, "window": window})

    async def restore(self, spent: Mapping[str, int], window: float) -> None:
        for key, nanos in spent.items():
            await self._ask({"op": "restore", "key": PREFIX + key, "nanos": nanos, "window": window})

    async def balances(self, keys: Sequence[str]) -> Sequence[Balance]:
        self._check_there()
        asked = [self._ask({"op": "balance", "key": PREFIX + key}) for key in keys]
        found = await asyncio.gather(*asked)
        return [
            Balance(spent=int(spent), held=int(held), granted=int(granted)) for spent, held, granted in found
        ]

    async def aclose(self) -> None:
        """Bring the last settlements away, and end the lease."""
        self._closing = True
        self._tell({"op": "leave", "owner": self._owner})
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.wait(self._tasks[:1])
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._client.aclose()

    # --- the lease ---

    async def start(self, restore: Callable[[], Awaitable[None]]) -> None:
        self._restore = restore
        self._tasks.append(self._spawn(self._keep_alive()))
        await self._enter()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(StorageUnavailable):
                await self._enter()

    async def _enter(self) -> None:
        """Renew the lease. One that ended is not taken up again: others have buried it, or Redis forgot."""
        async with self._entering:
            answer = await self._ask(self._beat(self._owner, enter=False))
            if answer[0] == b"over":
                await self._restore()
                self._lives += 1
                owner = f"{self._id}.{self._lives}"
                answer = await self._ask(self._beat(owner, enter=True))
                self._owner = owner
            self.replicas = max(1, int(answer[1]))

    @staticmethod
    def _beat(owner: str, *, enter: bool) -> Operation:
        return {"op": "beat", "owner": owner, "seconds": LEASE_SECONDS, "enter": enter}

    # --- the queue ---

    def _check_there(self) -> None:
        if self.problem is not None:
            raise StorageUnavailable(AWAY, retry_after=1.0)

    def _tell(self, operation: Operation) -> None:
        """Have it done, however long it takes."""
        self._queue.append(_Waiting(operation, None))
        self._wake.set()

    async def _ask(self, operation: Operation) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(operation, answer))
        self._wake.set()
        return await answer

    async def _run(self) -> None:
        """Bring operations to Redis, in their order."""
        while self._queue or not self._closing:
            await self._wake.wait()
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), LARGEST_RUN))]
            if not self._queue and not self._closing:
                self._wake.clear()
            if batch:
                await self._run_batch(batch)

    async def _run_batch(self, batch: list[_Waiting]) -> None:
        try:
            answers = await self._send([each.operation for each in batch])
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(batch, error)
            await asyncio.sleep(RETRY_SECONDS)
            return
        if self.problem is not None:
            log.warning("Redis is back")
            self.problem = None
        for each, answer in zip(batch, answers, strict=True):
            _give(each, answer)

    async def _send(self, operations: list[Operation]) -> list[Answer]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            sent = msgspec.json.encode(operations)
            answers: list[Answer] = await self._script(keys=[PREFIX + "leases"], args=[sent])
        return answers

    def _failed(self, batch: list[_Waiting], error: Exception) -> None:
        if self.problem is None:
            log.warning("Redis is away: %s", error)
        self.problem = f"Redis is away: {error}"
        for each in reversed(batch):
            if each.answer is None:
                self._queue.appendleft(each)
            elif not each.answer.done():
                each.answer.set_exception(StorageUnavailable(AWAY, retry_after=1.0))
        if self._queue:
            self._wake.set()


def _give(waiting: _Waiting, answer: Answer) -> None:
    """Hand an answer to whoever waits; what cannot be done at all is not tried again."""
    if answer[0] == b"error":
        log.error("Redis cannot %s: %s", waiting.operation["op"], answer[1].decode(errors="replace"))
    if waiting.answer is None or waiting.answer.done():
        return
    if answer[0] == b"error":
        waiting.answer.set_exception(StorageUnavailable(AWAY, retry_after=1.0))
    else:
        waiting.answer.set_result(answer)


def _as_sent(claim: Claim) -> Operation:
    return {
        "key": PREFIX + claim.key,
        "unit": claim.unit,
        "limit": claim.limit,
        "window": claim.window,
        "enforce": claim.enforce,
    }


def _settlement(held: Operation, at: float, tokens: int, nanos: int) -> Operation:
    """Return the end of what such an operation held."""
    return {**held, "op": "settle", "at": at, "tokens": tokens, "nanos": nanos}


def open(url: str, spawn: Spawn) -> Redis:  # noqa: A001 - the plug-ins' verb
    """Count in the Redis at `url`: redis://[:password@]host:port/database. Raises ValueError."""
    return Redis(url, spawn)

"""Counting on while the common store is away: each process has its share (G25).

What the common store lets in is noted here too, so that a share does not begin anew when the store goes:
of what was left when it was last heard, each process has its part, and never more than its part of the
whole.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from penstock.domain.counting import Balance, Claim, Hold, Standing
from penstock.failures import StorageUnavailable
from penstock.protocols import CounterStore

LOCAL = "local"
"""Owner of holds that the common store does not know."""
NOTES = 100_000
"""Counters whose last state is remembered."""


class _Seen(msgspec.Struct):
    """How a counter stood when the common store was last asked."""

    until: float
    left: int
    own: int
    """Of it, this process's."""


class Shared:
    """A CounterStore over two: the common one, and one in this process for when that is away."""

    def __init__(
        self, common: CounterStore, local: CounterStore, clock: Callable[[], float], least: int = 1
    ) -> None:
        """`clock` gives seconds and never goes back; `least`: processes that there are, heard of or not."""
        self._least = least
        self._common = common
        self._local = local
        self._clock = clock
        self._noted: dict[str, Hold] = {}
        self._seen: dict[str, _Seen] = {}

    @property
    def problem(self) -> str | None:
        return self._common.problem

    @property
    def replicas(self) -> int:
        return max(self._least, self._common.replicas)

    async def start(self, restore: Callable[[], Awaitable[None]]) -> None:
        await self._common.start(restore)

    async def hold(
        self, hold_id: str, claims: Sequence[Claim], amounts: Sequence[int], booked: int = 0
    ) -> Standing:
        try:
            standing = await self._common.hold(hold_id, claims, amounts, booked)
        except StorageUnavailable:
            return await self._hold_share(hold_id, claims, amounts, booked)
        if standing.hold is not None:
            await self._note(standing, hold_id, claims, amounts, booked)
        return standing

    def settle(self, hold: Hold, tokens: int, nanos: int) -> None:
        if hold.owner != LOCAL:
            self._common.settle(hold, tokens, nanos)
        noted = self._noted.pop(hold.id, None)
        if noted is not None:
            self._local.settle(noted, tokens, nanos)

    async def grant(self, key: str, nanos: int, window: float) -> None:
        await self._local.grant(key, nanos, window)
        await self._common.grant(key, nanos, window)

    async def restore(self, spent: Mapping[str, int], window: float) -> None:
        await self._local.restore(spent, window)
        await self._common.restore(spent, window)

    async def balances(self, keys: Sequence[str]) -> Sequence[Balance]:
        return await self._common.balances(keys)

    async def aclose(self) -> None:
        await self._common.aclose()
        await self._local.aclose()

    async def _note(
        self, standing: Standing, hold_id: str, claims: Sequence[Claim], amounts: Sequence[int], booked: int
    ) -> None:
        """Count here what the common store let in, and remember what it left."""
        free = [msgspec.structs.replace(claim, enforce=False) for claim in claims]
        own = await self._local.hold(hold_id, free, amounts, booked)
        assert own.hold is not None  # noqa: S101  # nothing of it is enforced
        self._noted[hold_id] = own.hold
        if len(self._seen) > NOTES:
            self._seen.clear()
        now = self._clock()
        for claim, used, mine in zip(claims, standing.used, own.used, strict=True):
            self._seen[claim.key] = _Seen(until=now + claim.window, left=max(0, claim.limit - used), own=mine)

    async def _hold_share(
        self, hold_id: str, claims: Sequence[Claim], amounts: Sequence[int], booked: int
    ) -> Standing:
        shares = [msgspec.structs.replace(claim, limit=self._share(claim)) for claim in claims]
        standing = await self._local.hold(hold_id, shares, amounts, booked)
        if standing.hold is None:
            return standing
        self._noted[hold_id] = standing.hold
        return msgspec.structs.replace(
            standing, hold=msgspec.structs.replace(standing.hold, owner=LOCAL, claims=tuple(claims))
        )

    def _share(self, claim: Claim) -> int:
        """This process's part of a limit, what it has used included."""
        replicas = self.replicas
        part = claim.limit // replicas
        seen = self._seen.get(claim.key)
        if seen is None or claim.unit == "slots":
            return part
        if claim.unit == "nanos":
            return seen.own + seen.left // replicas
        return part if seen.until < self._clock() else min(part, seen.own + seen.left // replicas)

"""Tells a webhook of budgets that come to their end, signed as in Standard Webhooks.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from penstock import failures
from penstock.domain.counting import Balance
from penstock.domain.money import usd
from penstock.gateway.admission import Admission
from penstock.gateway.ticket import Gauge
from penstock.protocols import CounterStore

LOOK_SECONDS: Final = 2.0
"""Between two looks at the budgets that requests touched."""
RETRY_SECONDS: Final = 30.0
"""Until an alert that was not taken is sent again."""
TOLD: Final = 100_000
"""Alerts that are remembered as told."""

log = logging.getLogger("penstock.alerts")
Post = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Sends headers and a body to the webhook; returns the status. Raises UpstreamFailure."""


def signing_key(secret: str) -> bytes:
    """Read `whsec_` and base64. Raises ValueError."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        message = "alerts.secret has to be `whsec_` and base64, as in Standard Webhooks"
        raise ValueError(message) from None


def signed(key: bytes, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message; `at` is in Unix seconds."""
    digest = hmac.digest(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


class Alerts:
    """Looks at the budgets that requests touched, and tells once of each share that is reached.

    The message's id follows from budget, period and share: who gets it twice, from two processes or after
    a restart, can tell.
    """

    def __init__(
        self,
        admission: Admission,
        store: CounterStore,
        post: Post,
        key: bytes,
        wall: Callable[[], float],
    ) -> None:
        """`wall` gives Unix seconds, UTC."""
        self._admission = admission
        self._store = store
        self._post = post
        self._key = key
        self._wall = wall
        self._told: set[tuple[str, float]] = set()
        self._not_before = 0.0

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except failures.Failure as failure:
                log.warning("a budget's alert was not sent: %s", failure.message)
                self._not_before = self._wall() + RETRY_SECONDS

    async def look(self) -> None:
        """Tell of what was reached since the last look. Raises StorageUnavailable, UpstreamFailure."""
        if self._wall() < self._not_before:
            return
        gauges = list(self._admission.touched.values())
        balances: Sequence[Balance] = await self._store.balances([gauge.claim.key for gauge in gauges])
        for gauge, balance in zip(gauges, balances, strict=True):
            await self._tell(gauge, balance)
            self._admission.touched.pop(gauge.claim.key, None)

    async def _tell(self, gauge: Gauge, balance: Balance) -> None:
        assert gauge.budget is not None  # noqa: S101  # only such are touched
        whole = gauge.claim.limit + balance.granted
        for share in gauge.budget.alerts:
            alert = (gauge.claim.key, share)
            if balance.spent < share * whole or alert in self._told:
                continue
            await self._send(gauge, balance, share)
            if len(self._told) >= TOLD:
                self._told.clear()
            self._told.add(alert)

    async def _send(self, gauge: Gauge, balance: Balance, share: float) -> None:
        now = self._wall()
        body = msgspec.json.encode(
            {
                "type": "budget.reached",
                "timestamp": datetime.fromtimestamp(now, UTC).isoformat(),
                "data": {
                    "scope": gauge.scope,
                    "name": gauge.name,
                    "period": gauge.figure,
                    "counter": gauge.claim.key,
                    "share": share,
                    "usd": usd(gauge.claim.limit + balance.granted),
                    "spent_usd": usd(balance.spent),
                    "resets": gauge.resets if gauge.resets < float("inf") else None,
                },
            }
        )
        name = hashlib.sha256(f"{gauge.claim.key} {share}".encode()).hexdigest()[:32]
        status = await self._post(signed(self._key, f"msg_{name}", int(now), body), body)
        if not 200 <= status < 300:
            raise failures.ServerFault(f"the webhook answered {status}")

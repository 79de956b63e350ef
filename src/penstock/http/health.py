"""Whether we live, whether we are ready, and what is measured."""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import msgspec

from penstock import __version__
from penstock.domain.exchange import Whole
from penstock.http.incoming import Incoming
from penstock.http.routes import Route

Check = Callable[[], str | None]
"""Says from memory what is wrong with a part; None: nothing."""
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Problems(Protocol):
    """Probes targets; `Prober` is one."""

    async def problems(self, now: float) -> dict[str, str]: ...


class Alive(msgspec.Struct, kw_only=True):
    """The process answers."""

    status: Literal["alive"] = "alive"
    version: str = __version__


class Readiness(msgspec.Struct, kw_only=True):
    """`degraded` still serves: 200. `draining` and `unavailable` do not: 503."""

    status: Literal["ready", "degraded", "draining", "unavailable"]
    version: str = __version__
    degraded: dict[str, str] = {}
    """Part or target -> what is wrong with it."""


class Health:
    """Handlers of the open routes."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        prober: Problems,
        *,
        targets: Callable[[], int],
        is_draining: Callable[[], bool],
        metrics: Callable[[], bytes],
    ) -> None:
        """`targets` gives the number of all targets: with none of them answering we are unavailable."""
        self._checks = checks
        self._prober = prober
        self._targets = targets
        self._is_draining = is_draining
        self._metrics = metrics

    async def live(self, _incoming: Incoming) -> Whole:
        """GET /live: touches nothing."""
        return _json(200, Alive())

    async def ready(self, incoming: Incoming) -> Whole:
        """GET /ready."""
        found = await self.readiness(incoming.arrived)
        status = 200 if found.status in ("ready", "degraded") else 503
        return _json(status, found, {} if status == 200 else {"retry-after": "1"})

    async def readiness(self, now: float) -> Readiness:
        """Look at every part; `now` is on the loop's clock."""
        if self._is_draining():
            return Readiness(status="draining")
        silent = await self._prober.problems(now)
        wrong = {name: problem for name, check in self._checks.items() if (problem := check())}
        if silent and len(silent) >= self._targets():
            return Readiness(status="unavailable", degraded=wrong | silent)
        return Readiness(status="degraded" if wrong or silent else "ready", degraded=wrong | silent)

    async def metrics(self, _incoming: Incoming) -> Whole:
        """GET /metrics."""
        return Whole(status=200, headers={}, body=self._metrics(), content_type=METRICS_TYPE)

    async def root(self, _incoming: Incoming) -> Whole:
        """GET and HEAD /: some clients look whether anybody is there (G17)."""
        return _json(200, Alive())


def routes(health: Health) -> tuple[Route, ...]:
    """The open routes."""
    return (
        Route(
            method="GET", path="/", handler=health.root, access="open", summary="Anybody there?", reply=Alive
        ),
        Route(
            method="GET",
            path="/live",
            handler=health.live,
            access="open",
            summary="The process answers; nothing else is looked at.",
            reply=Alive,
        ),
        Route(
            method="GET",
            path="/ready",
            handler=health.ready,
            access="open",
            summary="Whether requests can be served, and what is degraded.",
            reply=Readiness,
            failures=(503,),
        ),
        Route(
            method="GET",
            path="/metrics",
            handler=health.metrics,
            access="open",
            summary="Metrics in Prometheus' text format.",
            reply_type="text/plain",
        ),
    )


def _json(status: int, reply: msgspec.Struct, headers: Mapping[str, str] | None = None) -> Whole:
    return Whole(status=status, headers=headers or {}, body=msgspec.json.encode(reply))

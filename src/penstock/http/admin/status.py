"""GET /admin/status: one look at the whole server."""

from collections.abc import Callable
from typing import Literal

import msgspec

from penstock import __version__
from penstock.domain.exchange import Whole
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.health import Health
from penstock.http.incoming import Incoming
from penstock.http.routes import Route


class StatusView(msgspec.Struct, kw_only=True):
    """How the server is."""

    status: Literal["ready", "degraded", "draining", "unavailable"]
    version: str = __version__
    uptime_seconds: float
    running: int
    """Requests under way, this one included."""
    degraded: dict[str, str]
    """Part or target -> what is wrong with it."""


class Status:
    """The page about the server. `started` is on the loop's clock."""

    def __init__(self, health: Health, running: Callable[[], int], started: float) -> None:
        self._health = health
        self._running = running
        self._started = started

    async def show(self, incoming: Incoming) -> Whole:
        """GET /admin/status."""
        found = await self._health.readiness(incoming.arrived)
        return guard.write(
            StatusView(
                status=found.status,
                uptime_seconds=round(incoming.arrived - self._started, 3),
                running=self._running(),
                degraded=found.degraded,
            )
        )


def routes(gate: AdminGate, status: Status) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/status",
            handler=guard.Guarded(gate, status.show),
            access="admin",
            summary="How the server is.",
            reply=StatusView,
        ),
    )

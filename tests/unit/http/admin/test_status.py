"""One look at the whole server."""

from penstock.http.admin.status import Status, routes
from penstock.http.health import Health


class Fine:
    """No target is silent."""

    async def problems(self, now):
        return {}


async def test_status(gate, admin):
    """How it is, since when, and how much it does."""
    health = Health(
        {"database": lambda: "away"},
        Fine(),
        targets=lambda: 1,
        is_draining=lambda: False,
        metrics=lambda: b"",
    )
    found = (await admin(routes(gate, Status(health, lambda: 3, 0.0)))("GET", "/admin/status")).json()
    assert (found["status"], found["running"], found["degraded"]) == ("degraded", 3, {"database": "away"})
    assert found["uptime_seconds"] > 0

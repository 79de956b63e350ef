"""/admin/circuits: see them, and set one by hand."""

from typing import Literal

import msgspec

from penstock.domain.exchange import Whole
from penstock.failures import NotFound
from penstock.gateway.breaker import State
from penstock.gateway.lanes import Lane, Lanes
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming
from penstock.http.routes import Route


class CircuitView(msgspec.Struct, kw_only=True):
    """The circuit of one (provider, key, model)."""

    target: str
    """provider/model"""
    key: str
    """Name of the provider's key."""
    state: State
    forced: Literal["open", "closed"] | None
    """Set by hand; None: it is left to itself."""
    open_for: float | None
    """Seconds until the next probe; None: until it is released by hand."""
    calls: int
    """In the window; so are the next two."""
    failures: int
    slow: int


class CircuitList(msgspec.Struct, kw_only=True):
    """Those that were used since the start."""

    data: list[CircuitView]


class Setting(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to set, and where."""

    target: str
    key: str | None = None
    """Unset: for all keys of the target."""
    state: Literal["open", "closed", "auto"]
    """`auto` leaves it to itself again."""


class Circuits:
    """Pages about circuits."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    async def all(self, _incoming: Incoming) -> Whole:
        """GET /admin/circuits."""
        return guard.write(CircuitList(data=[view(lane) for lane in self._lanes.all()]))

    async def set(self, incoming: Incoming) -> Whole:
        """POST /admin/circuits."""
        wanted = await guard.read(incoming, Setting)
        chosen = [
            lane
            for lane in self._lanes.all()
            if lane.target == wanted.target and wanted.key in (None, lane.key.name)
        ]
        if not chosen:
            raise NotFound("There is no such circuit; it exists once its target was used.", param="target")
        for lane in chosen:
            lane.circuit.forced = None if wanted.state == "auto" else wanted.state
        return guard.write(CircuitList(data=[view(lane) for lane in chosen]))


def view(lane: Lane) -> CircuitView:
    """Return what is shown of a circuit."""
    calls, failures, slow = lane.circuit.rates()
    open_for = lane.circuit.open_for
    return CircuitView(
        target=lane.target,
        key=lane.key.name,
        state=lane.circuit.state,
        forced=lane.circuit.forced,
        open_for=None if open_for == float("inf") else round(open_for, 3),
        calls=calls,
        failures=failures,
        slow=slow,
    )


def routes(gate: AdminGate, circuits: Circuits) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/circuits",
            handler=guard.Guarded(gate, circuits.all),
            access="admin",
            summary="The circuits of all targets that were used.",
            reply=CircuitList,
        ),
        Route(
            method="POST",
            path="/admin/circuits",
            handler=guard.Guarded(gate, circuits.set),
            access="admin",
            summary="Open or close a circuit by hand, or leave it to itself again.",
            body=Setting,
            reply=CircuitList,
            failures=(400, 404, 408, 413, 415),
        ),
    )

"""Circuits: seen, and set by hand."""

import pytest

from penstock.config.tree import Circuit as Settings
from penstock.config.tree import Target
from penstock.gateway.breaker import Circuit
from penstock.gateway.lanes import Lanes, Source
from penstock.http.admin.circuits import Circuits, routes
from penstock.protocols import ProviderKey
from penstock.wire.codec import Quirks


class TwoKeys:
    """A provider with two keys."""

    keys = (ProviderKey(name="one"), ProviderKey(name="two"))
    quirks = Quirks()


@pytest.fixture
def lanes() -> Lanes:
    lanes = Lanes({"p": Source("p", TwoKeys(), "p")}, lambda: Circuit(Settings(), lambda: 0.0, lambda: 0.0))
    lanes.of(Target(provider="p", model="m"))
    return lanes


@pytest.fixture
def ask(lanes, gate, admin):
    return admin(routes(gate, Circuits(lanes)))


async def test_all_circuits_are_seen(ask):
    """One per provider, key and model (G13)."""
    data = (await ask("GET", "/admin/circuits")).json()["data"]
    assert [(c["target"], c["key"], c["state"], c["forced"]) for c in data] == [
        ("p/m", "one", "closed", None),
        ("p/m", "two", "closed", None),
    ]


async def test_opened_by_hand(ask, lanes):
    """All keys of a target, until they are released (G13)."""
    data = (await ask("POST", "/admin/circuits", b'{"target":"p/m","state":"open"}')).json()["data"]
    assert [(c["state"], c["open_for"]) for c in data] == [("open", None), ("open", None)]
    await ask("POST", "/admin/circuits", b'{"target":"p/m","key":"one","state":"auto"}')
    assert [lane.circuit.forced for lane in lanes.all()] == [None, "open"]


async def test_unknown_target_is_a_404(ask):
    """A circuit exists once its target was used."""
    assert (await ask("POST", "/admin/circuits", b'{"target":"x/y","state":"open"}')).status == 404


async def test_unknown_state_is_a_400(ask):
    """open, closed or auto."""
    assert (await ask("POST", "/admin/circuits", b'{"target":"p/m","state":"ajar"}')).status == 400

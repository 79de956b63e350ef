"""All routes together."""

import msgspec
import pytest

from penstock.domain.exchange import Whole
from penstock.http.admin.budgets import BudgetPages
from penstock.http.admin.status import Status
from penstock.http.authenticate import AdminGate
from penstock.http.health import Health
from penstock.http.table import admin_routes, open_routes, public_routes

BODIES = {
    "/v1/chat/completions": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
    "/v1/completions": {"model": "m", "prompt": "hi"},
    "/v1/embeddings": {"model": "m", "input": "hi"},
    "/v1/messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
    "/v1/responses": {"model": "m", "input": "hi"},
    "/v1/messages/count_tokens": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
}
FREE = {"/v1/messages/count_tokens", "/v1/responses/{id}/cancel"}
"""POST routes for callers that cost nothing."""


class Nothing:
    """Stands for parts that no route reaches without its key."""

    async def problems(self, now):
        return {}


@pytest.fixture
def public(reader, gateway):
    async def count(ask):
        return Whole(status=200, headers={}, body=b'{"input_tokens":1}')

    async def names():
        return ()

    return public_routes(reader, gateway, count_tokens=count, kept=Nothing(), store=Nothing(), names=names)


@pytest.fixture
def admin(keyring):

    gate = AdminGate(b"d" * 32, b"p" * 32)
    return admin_routes(
        gate,
        database=Nothing(),
        flush=Nothing(),
        keyring=keyring,
        pepper=b"p" * 32,
        verify=Nothing(),
        lanes=Nothing(),
        loaded=Nothing(),
        listed=Nothing(),
        budgets=BudgetPages(Nothing(), list),
        status=Status(Nothing(), lambda: 0, 0.0),
    )


@pytest.fixture
def everything(public, admin):
    health = Health({}, Nothing(), targets=lambda: 0, is_draining=lambda: False, metrics=lambda: b"")
    return (*public, *admin, *open_routes(health, (*public, *admin)))


async def test_each_billable_route_passes_the_gate(everything, gateway, make_door, client_of):
    """G24: the gateway is asked exactly once by each billable route, in the name of the key's owner."""
    client = client_of(make_door(*everything))
    billable = [route for route in everything if route.billable]
    for route in billable:
        reply = await client(route.method, route.path, msgspec.json.encode(BODIES[route.path]))
        assert (route.path, reply.status) == (route.path, 200)
    assert [ask.principal.key_id for ask in gateway.asked] == ["alice"] * len(billable) == ["alice"] * 5


def test_each_route_that_could_cost_is_billable(everything):
    """G24: a POST for callers is billable unless it is known to cost nothing."""
    posts = {route.path for route in everything if route.method == "POST" and route.access == "key"}
    assert posts - FREE == {route.path for route in everything if route.billable}


async def test_no_route_answers_without_its_key(everything, gateway, make_door, client_of):
    """G28: callers' routes need a key, administration the admin key; a caller's key is not enough."""
    client = client_of(make_door(*everything))
    for route in everything:
        path = route.path.replace("{id}", "x").replace("{name:path}", "x")
        body = msgspec.json.encode(BODIES.get(path, {}))
        if route.access == "key":
            assert (await client(route.method, path, body, headers={"authorization": ""})).status == 401
        if route.access == "admin":
            assert (await client(route.method, path)).status == 401
    assert gateway.asked == []


async def test_each_route_is_described(everything, make_door, client_of):
    """The OpenAPI document and the table name the same operations."""
    document = (await client_of(make_door(*everything))("GET", "/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.method, route.path.replace(":path", "")) for route in everything}


async def test_nothing_is_redirected(everything, make_door, client_of):
    """G17: /v1/models answers where it is asked."""
    client = client_of(make_door(*everything))
    assert (await client("GET", "/v1/models")).status == 200
    assert (await client("GET", "/v1/models/")).status == 404

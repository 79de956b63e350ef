"""Models with their targets."""

from penstock.config.tree import Model, Target
from penstock.http.admin.models import Models, routes


async def test_models_with_their_targets(gate, admin):
    """As they are configured now."""
    listed = {"m": Model(targets=(Target(provider="p", model="x", weight=2.0),))}
    found = (await admin(routes(gate, Models(lambda: listed)))("GET", "/admin/models")).json()
    target = {"target": "p/x", "weight": 2.0, "order": None, "context_window": None}
    assert found == {"data": [{"name": "m", "recovery": "off", "targets": [target]}]}

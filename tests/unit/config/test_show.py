"""Every value with its origin."""

from penstock.config.show import values


def test_each_value_is_shown_with_its_origin(workshop):
    """Values in the order of the tree, secrets and passwords hidden."""
    workshop.env = {"K": "hunter2"}
    loaded = workshop.load(
        "providers: {a: {kind: far, api_key: env:K}}\n"
        "models: {m: {targets: [{provider: a, model: x}]}}\n"
        "keys: [{name: ci, secret: env:K}]\n"
        "storage: {url: 'postgresql://u:pw@h/d'}\n"
    )
    shown = {value.path: value for value in values(loaded)}
    assert shown["providers.a.api_key"].text == "***"
    assert shown["keys[0].secret"].text == "***"
    assert shown["storage.url"].text == "postgresql://u:***@h/d"
    assert shown["models.m.targets[0].provider"].origin == f"{workshop.path}:2:35"
    assert shown["server.pass_unlisted"].text == "false"
    assert shown["server.admin_port"].text == "null"
    assert shown["server.port"].origin == "default"

"""The configuration in force."""

from pathlib import Path

import msgspec

from penstock.config.load import Loaded, Source
from penstock.config.tree import Config, Key, Model, Target
from penstock.domain.secret import Secret
from penstock.http.admin.config import Configuration, routes, values


class Options(msgspec.Struct, frozen=True):
    """A plug-in's."""

    api_key: Secret
    folder: Path


LOADED = Loaded(
    config=Config(
        providers={"p": {"kind": "scripted", "api_key": "raw-secret"}},
        models={"m": Model(targets=(Target(provider="p", model="x"),))},
        keys=(Key(name="ci", secret=Secret("key-secret")),),
    ),
    options={"p": Options(api_key=Secret("provider-secret"), folder=Path("/x"))},
    origins={"models.m.targets": "penstock.yaml:3:1"},
    path=None,
    files=(),
    source=Source(path=None, env={}),
)


def test_every_value_with_its_origin():
    """Dotted paths; what nobody wrote is a default."""
    found = {value.path: value for value in values(LOADED)}
    assert (found["server.port"].value, found["server.port"].origin) == (4141, "default")
    assert found["models.m.targets.0.model"].value == "x"
    assert found["providers.p.kind"].value == "scripted"
    assert found["providers.p.folder"].value == "/x"


async def test_secrets_are_masked(gate, admin):
    """No secret is shown to anybody."""
    reply = await admin(routes(gate, Configuration(lambda: LOADED)))("GET", "/admin/config")
    assert reply.status == 200
    assert b"secret" not in reply.body.replace(b".secret", b"")
    assert b"***" in reply.body

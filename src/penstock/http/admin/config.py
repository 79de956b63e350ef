"""GET /admin/config: every value with where it came from, secrets as `***`."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec

from penstock.config.load import Loaded
from penstock.domain.exchange import Whole
from penstock.domain.secret import Secret
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming
from penstock.http.routes import Route

Tree = dict[str, Any]  # plain JSON, of any shape


class Value(msgspec.Struct, kw_only=True):
    """One value of the tree."""

    path: str
    """Dotted: server.port"""
    value: Any  # as configured
    origin: str
    """`default`, or where it was written."""


class Values(msgspec.Struct, kw_only=True):
    """The configuration that is in force."""

    data: list[Value]


class Configuration:
    """The page about the configuration. `loaded` gives the one in force."""

    def __init__(self, loaded: Callable[[], Loaded]) -> None:
        self._loaded = loaded

    async def show(self, _incoming: Incoming) -> Whole:
        """GET /admin/config."""
        return guard.write(Values(data=values(self._loaded())))


def values(loaded: Loaded) -> list[Value]:
    """Return all values of the tree, in its order; providers as their plug-ins read them."""
    tree = _plain(loaded.config)
    kinds = {name: entry.get("kind") for name, entry in loaded.config.providers.items()}
    tree["providers"] = {
        name: {"kind": kinds.get(name), **_plain(options)} for name, options in loaded.options.items()
    }
    return [
        Value(path=path, value=value, origin=loaded.origins.get(path, "default"))
        for path, value in _leaves(tree, "")
    ]


def routes(gate: AdminGate, configuration: Configuration) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/config",
            handler=guard.Guarded(gate, configuration.show),
            access="admin",
            summary="The configuration in force, each value with its origin.",
            reply=Values,
        ),
    )


def _plain(value: object) -> Tree:
    return cast("Tree", msgspec.to_builtins(value, enc_hook=_mask))


def _mask(value: object) -> str:  # whatever msgspec has no form for
    return "***" if isinstance(value, Secret) else str(value)


def _leaves(node: object, path: str) -> Iterator[tuple[str, Any]]:  # plain JSON
    if isinstance(node, dict) and node:
        for name, child in node.items():
            yield from _leaves(child, f"{path}.{name}" if path else name)
    elif isinstance(node, list | tuple) and node and isinstance(node[0], dict):
        for at, child in enumerate(node):
            yield from _leaves(child, f"{path}.{at}")
    else:
        yield path, node

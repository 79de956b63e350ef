"""Plug-ins by name: their options, and the providers that a configuration opens."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Final

import msgspec

from penstock import providers
from penstock.config.load import Loaded
from penstock.gateway.catalog import Snapshot
from penstock.gateway.lanes import Source
from penstock.transport.client import Transport

CATALOGS: Final = {"anthropic": "anthropic", "gemini": "google"}
"""Kinds whose prices do not depend on an address."""


def plugin(room: ModuleType, kind: str) -> ModuleType:
    """Import the plug-in of that name."""
    return importlib.import_module(f"{room.__name__}.{kind}")


class Kinds(Mapping[str, type[msgspec.Struct]]):
    """Provider kind -> the Options of its plug-in, which is imported when it is asked for."""

    def __init__(self) -> None:
        self._names = tuple(module.name for module in pkgutil.iter_modules(providers.__path__))

    def __getitem__(self, kind: str) -> type[msgspec.Struct]:
        if kind not in self._names:
            raise KeyError(kind)
        options: type[msgspec.Struct] = plugin(providers, kind).Options
        return options

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Sources:
    """Opens the providers of a configuration; those that did not change are kept over a reload."""

    def __init__(self, transport: Transport, snapshot: Snapshot) -> None:
        self._transport = transport
        self._snapshot = snapshot
        self._open: dict[str, tuple[object, Source]] = {}

    def of(self, loaded: Loaded) -> Mapping[str, Source]:
        """Return a source for each provider. Raises ValueError with a sentence for the user."""
        self._open = {name: self._source(name, options, loaded) for name, options in loaded.options.items()}
        return {name: source for name, (_, source) in self._open.items()}

    def _source(self, name: str, options: object, loaded: Loaded) -> tuple[object, Source]:
        known = self._open.get(name)
        if known is not None and known[0] == options:
            return known
        kind = loaded.config.providers[name]["kind"]
        try:
            provider = plugin(providers, kind).open(name, options, self._transport)
        except ValueError as mistake:
            raise ValueError(f"providers.{name}: {mistake}") from mistake
        return options, Source(name, provider, self._catalog(name, kind, options))

    def _catalog(self, name: str, kind: str, options: object) -> str:
        """Whose prices apply: those of the address, the kind, the vendor, or the provider's own name."""
        address = getattr(options, "base_url", None)
        found = self._snapshot.catalog_of(address) if address else None
        return found or CATALOGS.get(kind) or getattr(options, "vendor", None) or name

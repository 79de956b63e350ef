"""Every value of a configuration, with where it came from; secrets are hidden."""

from collections.abc import Iterator

import msgspec

from penstock.config.load import Loaded
from penstock.config.mistakes import mask_url
from penstock.domain.secret import Secret

Plain = str | int | float | bool | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One value."""

    path: str
    value: Plain
    origin: str
    """`penstock.yaml:3:5`, a variable, a flag, `discovered` or `default`."""

    @property
    def text(self) -> str:
        """Return the value as YAML writes it."""
        return self.value if isinstance(self.value, str) else msgspec.json.encode(self.value).decode()


def values(loaded: Loaded) -> list[Shown]:
    """Return all values, in the order of the tree. Options of providers are those that were given."""
    return [
        Shown(path=path, value=value, origin=loaded.origins.get(path, "default"))
        for path, value in _walk(loaded.config, "")
    ]


def _walk(value: object, path: str) -> Iterator[tuple[str, Plain]]:
    if isinstance(value, msgspec.Struct):
        value = {field: getattr(value, field) for field in value.__struct_fields__}
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _walk(child, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _walk(child, f"{path}[{index}]")
    else:
        yield path, _plain(value)


def _plain(value: object) -> Plain:
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, str):
        return mask_url(value)
    return value if isinstance(value, int | float) else None

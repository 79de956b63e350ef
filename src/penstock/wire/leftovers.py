"""Parameters that find no place in another dialect; they are named to the client (G15)."""

from collections.abc import Collection, Mapping, MutableMapping
from typing import TypeVar

_T = TypeVar("_T")


def unknown(body: Mapping[str, object], known: Collection[str]) -> list[str]:
    """Return the members beside the known ones that ask for something.

    What is null, false, zero or empty asks for nothing that its absence does not.
    """
    return [name for name, value in body.items() if name not in known and value]


def refused(members: MutableMapping[str, _T], names: Collection[str]) -> tuple[str, ...]:
    """Take out the parameters that a provider refuses, and name them."""
    found = tuple(name for name in members if name in names)
    for name in found:
        del members[name]
    return found


def unique(*groups: Collection[str]) -> tuple[str, ...]:
    """Join lists of names, each name once, in order."""
    return tuple(dict.fromkeys(name for group in groups for name in group))

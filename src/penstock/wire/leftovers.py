"""Parameters that find no place in another dialect; they are named to the client (G15)."""

from collections.abc import Collection, Mapping


def unknown(body: Mapping[str, object], known: Collection[str]) -> list[str]:
    """Return the members beside the known ones that ask for something.

    What is null, false, zero or empty asks for nothing that its absence does not.
    """
    return [name for name, value in body.items() if name not in known and value]


def unique(*groups: Collection[str]) -> tuple[str, ...]:
    """Join lists of names, each name once, in order."""
    return tuple(dict.fromkeys(name for group in groups for name in group))

"""Keys that callers show: `psk_<public id>_<secret>` (G28).

The public id may be logged and names the key in reports. Of the whole key only an HMAC-SHA-256 with
the server's secret (the pepper) is stored, so that a stolen database opens nothing and cannot be
searched for keys without it.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Callable
from typing import Final

import msgspec

PREFIX: Final = "psk"
PUBLIC_LENGTH: Final = 12
SECRET_LENGTH: Final = 43
"""Characters of 62: 256 bits."""
PEPPER_BYTES: Final = 32
ADMIN_ID: Final = "admin"
"""Public id of the administrator's key."""

_PUBLIC_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_SECRET_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # noqa: S105 - an alphabet, no secret
_FORM: Final = re.compile(r"psk_([0-9a-z]{1,32})_([0-9A-Za-z]{16,128})")

Noise = Callable[[int], bytes]
"""Random bytes, that many; `os.urandom` but in tests."""


class ParsedKey(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a well-formed key. Says nothing about whether it is valid."""

    public_id: str
    secret: str

    def __repr__(self) -> str:
        return f"ParsedKey(public_id={self.public_id!r}, secret='***')"


def make_key(public_id: str | None = None, noise: Noise = os.urandom) -> str:
    """Return a new key; None draws a new public id, a given one is kept (rotation gives a new secret)."""
    name = _draw(_PUBLIC_ALPHABET, PUBLIC_LENGTH, noise) if public_id is None else public_id
    return f"{PREFIX}_{name}_{_draw(_SECRET_ALPHABET, SECRET_LENGTH, noise)}"


def parse_key(key: str) -> ParsedKey | None:
    """Take a key apart; None if it is not of our form."""
    match = _FORM.fullmatch(key)
    return None if match is None else ParsedKey(public_id=match[1], secret=match[2])


def hash_key(key: str, pepper: bytes) -> bytes:
    """Return the 32 bytes that are stored and looked up. Any text is a key, also one chosen by people."""
    return hmac.new(pepper, key.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def key_matches(key: str, digest: bytes, pepper: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_key(key, pepper), digest)


def public_id(key: str, pepper: bytes) -> str:
    """Return the id that may be logged: the key's own, or one made from the hash of a foreign key."""
    parsed = parse_key(key)
    return parsed.public_id if parsed else "x" + hash_key(key, pepper).hex()[: PUBLIC_LENGTH - 1]


def make_pepper(noise: Noise = os.urandom) -> bytes:
    """Return a new server secret of 32 bytes."""
    return noise(PEPPER_BYTES)


def _draw(alphabet: str, length: int, noise: Noise) -> str:
    """Draw characters evenly: bytes beyond the largest multiple of the alphabet are thrown away."""
    limit = 256 - 256 % len(alphabet)
    drawn: list[str] = []
    while len(drawn) < length:
        drawn += (alphabet[byte % len(alphabet)] for byte in noise(length) if byte < limit)
    return "".join(drawn[:length])

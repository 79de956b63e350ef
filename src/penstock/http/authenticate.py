"""Whose key it is, from memory (G14, G26, G28)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import msgspec

from penstock.domain.identity import Principal
from penstock.domain.keys import hash_key, key_matches
from penstock.failures import StorageUnavailable, Unauthenticated
from penstock.http.incoming import Incoming

log = logging.getLogger("penstock.http")

REFRESH_SECONDS: Final = 0.4
"""Between two looks at the database: a revoked key is refused within a second."""
ASK_AGAIN_SECONDS: Final = 0.1
"""Unknown keys, however many, cause at most one look at the database in this time."""
GRACE_SECONDS: Final = 3600.0
"""For so long keys of a database that is away are still trusted."""
LONGEST_KEY: Final = 512
"""Characters; nothing longer is hashed."""


class KnownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that may be used now."""

    digest: bytes
    """HMAC-SHA-256 of the whole key, see domain.keys."""
    principal: Principal
    expires_at: float | None = None
    """Unix seconds; None: never."""


LoadKeys = Callable[[], Awaitable[Sequence[KnownKey] | None]]
"""All keys of the database that may be used; None: as at the last call. Raises StorageUnavailable."""


class Keyring:
    """Keys of the configuration and of the database, found by the hash of the whole key."""

    def __init__(self, pepper: bytes, configured: Iterable[KnownKey], load: LoadKeys) -> None:
        self._pepper = pepper
        self._load = load
        self._configured: dict[bytes, KnownKey] = {}
        self._stored: dict[bytes, KnownKey] = {}
        self._known: dict[bytes, KnownKey] = {}
        self._loaded_at = float("-inf")
        self._tried_at = float("-inf")
        self._reachable = False
        self._lock = asyncio.Lock()
        self.configure(configured)

    def configure(self, configured: Iterable[KnownKey]) -> None:
        """Take over the configuration's keys, at start and after a reload."""
        self._configured = {key.digest: key for key in configured}
        self._merge()

    async def authenticate(self, incoming: Incoming) -> Principal:
        """Return who sent a request. Raises Unauthenticated, or StorageUnavailable if nobody can say."""
        token = credential(incoming)
        if token is None:
            raise Unauthenticated("No API key was given. Send it as `Authorization: Bearer KEY` or `x-api-key: KEY`.")
        digest = hash_key(token, self._pepper)
        key = self._known.get(digest)
        if key is None:
            await self._ask_again(incoming)
            key = self._known.get(digest)
        if key is None:
            if not self._reachable:
                raise StorageUnavailable("The key cannot be checked now: the database is away.", retry_after=1.0)
            raise Unauthenticated("This API key is not known, or no longer.")
        if key.expires_at is not None and key.expires_at <= incoming.arrived_at:
            raise Unauthenticated("This API key has expired.")
        return key.principal

    async def refresh(self, now: float) -> None:
        """Look at the database once; `now` is on the loop's clock. Without it, known keys stay for GRACE_SECONDS."""
        self._tried_at = now
        try:
            stored = await self._load()
        except StorageUnavailable:
            if self._reachable:
                log.warning("the database is away; known keys stay valid")
            self._reachable = False
            if now - self._loaded_at > GRACE_SECONDS and self._stored:
                self._replace(())
            return
        self._reachable = True
        self._loaded_at = now
        if stored is not None:
            self._replace(stored)

    async def keep_fresh(self) -> None:
        """Look at the database for ever, every REFRESH_SECONDS; for a task of its own."""
        loop = asyncio.get_running_loop()
        while True:
            async with self._lock:
                await self.refresh(loop.time())
            await asyncio.sleep(REFRESH_SECONDS)

    async def _ask_again(self, incoming: Incoming) -> None:
        """A key may have been made a moment ago: look, but not for each of many wrong keys."""
        async with self._lock:
            now = incoming.loop.time()
            if now - self._tried_at >= ASK_AGAIN_SECONDS:
                await self.refresh(now)

    def _replace(self, stored: Sequence[KnownKey]) -> None:
        self._stored = {key.digest: key for key in stored}
        self._merge()

    def _merge(self) -> None:
        self._known = self._stored | self._configured


class AdminGate:
    """Lets in who shows the administrator's key, as a bearer only."""

    def __init__(self, digest: bytes, pepper: bytes) -> None:
        self._digest = digest
        self._pepper = pepper

    def check(self, incoming: Incoming) -> None:
        """Raises Unauthenticated."""
        token = bearer(incoming)
        if token is None or not key_matches(token, self._digest, self._pepper):
            raise Unauthenticated("Administration needs the admin key, as `Authorization: Bearer KEY`.")


def credential(incoming: Incoming) -> str | None:
    """Return the key of a request from any of the headers in which clients send it."""
    found = bearer(incoming) or incoming.text(b"x-api-key") or incoming.text(b"api-key")
    return found if found and len(found) <= LONGEST_KEY else None


def bearer(incoming: Incoming) -> str | None:
    """Return the token of `Authorization: Bearer`."""
    scheme, _, token = incoming.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    return token.strip().decode("latin-1")[: LONGEST_KEY + 1] or None

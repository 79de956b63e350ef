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
AWAY: Final = "The key cannot be checked now: the database is away."
LONGEST_KEY: Final = 512
"""Characters; nothing longer is hashed."""


class KnownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret."""

    digest: bytes
    """HMAC-SHA-256 of the whole key, see domain.keys."""
    principal: Principal
    revoked_at: float | None = None
    """Unix seconds from which on it is refused; None: never."""
    changed: int = 0
    """Number of its latest change in the database; 0: it stands in the configuration."""


LoadKeys = Callable[[int], Awaitable[Sequence[KnownKey]]]
"""The database's keys that changed after that change, revoked ones too. Raises StorageUnavailable."""


class Keyring:
    """Keys of the configuration and of the database, found by the hash of the whole key."""

    def __init__(self, pepper: bytes, configured: Iterable[KnownKey], load: LoadKeys) -> None:
        self._pepper = pepper
        self._load = load
        self._configured: dict[bytes, KnownKey] = {}
        self._stored: dict[bytes, KnownKey] = {}
        self._changed = 0
        self._loaded_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()
        self.reachable = False
        """Whether the database answered when it was last asked."""
        self.configure(configured)

    def configure(self, configured: Iterable[KnownKey]) -> None:
        """Take over the configuration's keys, at start and after a reload."""
        self._configured = {key.digest: key for key in configured}

    @property
    def configured(self) -> Sequence[KnownKey]:
        """The configuration's keys."""
        return tuple(self._configured.values())

    async def authenticate(self, incoming: Incoming) -> Principal:
        """Return who sent a request. Raises Unauthenticated, or StorageUnavailable if nobody can say."""
        token = credential(incoming)
        if token is None:
            raise Unauthenticated(
                "No API key was given. Send it as `Authorization: Bearer KEY` or `x-api-key: KEY`."
            )
        digest = hash_key(token, self._pepper)
        key = self._find(digest)
        if key is None:
            await self._look_again(incoming)
            key = self._find(digest)
        if key is None:
            if not self.reachable:
                raise StorageUnavailable(AWAY, retry_after=1.0)
            raise Unauthenticated("This API key is not known.")
        self._check(key, incoming)
        return key.principal

    async def refresh(self, now: float) -> None:
        """Take over what changed in the database; `now` is on the loop's clock."""
        self._tried_at = now
        try:
            changes = await self._load(self._changed)
        except StorageUnavailable:
            if self.reachable:
                log.warning("the database is away; known keys stay valid")
            self.reachable = False
            return
        self.reachable = True
        self._loaded_at = now
        for key in changes:
            self._stored[key.digest] = key
            self._changed = max(self._changed, key.changed)

    async def keep_fresh(self) -> None:
        """Look at the database for ever, every REFRESH_SECONDS; for a task of its own."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with self._lock:
                    await self.refresh(loop.time())
            except Exception:  # at the door: revocation must not end in silence
                log.exception("keys could not be read; trying again")
            await asyncio.sleep(REFRESH_SECONDS)

    async def _look_again(self, incoming: Incoming) -> None:
        """A key may have been made a moment ago: look, but not for each of many wrong keys."""
        async with self._lock:
            now = incoming.loop.time()
            if now - self._tried_at >= ASK_AGAIN_SECONDS:
                await self.refresh(now)

    def _find(self, digest: bytes) -> KnownKey | None:
        return self._configured.get(digest) or self._stored.get(digest)

    def _check(self, key: KnownKey, incoming: Incoming) -> None:
        if key.revoked_at is not None and key.revoked_at <= incoming.arrived_at:
            raise Unauthenticated("This API key was revoked.")
        if key.changed and not self.reachable and incoming.loop.time() - self._loaded_at > GRACE_SECONDS:
            raise StorageUnavailable(AWAY, retry_after=1.0)


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

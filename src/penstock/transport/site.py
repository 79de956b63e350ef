"""Where a provider is, who we are to it, and how it wants to be addressed."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from yarl import URL

from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.wire.codec import Quirks


class NamedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several keys of a provider, as it stands in the configuration."""

    name: str
    """What the key is called in records."""
    key: Secret
    """The key itself, as env:NAME or file:/path."""
    weight: float = 1.0
    """Share of the calls among the provider's keys."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a provider, as the headers that carry it."""

    name: str
    weight: float = 1.0
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Say whose it is, never what it is."""
        return f"Credential({self.name!r})"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a provider is and how it wants to be addressed."""

    base: URL
    native: frozenset[Dialect]
    quirks: Quirks
    credentials: tuple[Credential, ...]
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Sent with every call, lower-case names; a client's header of the same name wins."""
    takes: tuple[str, ...] = ("traceparent", "tracestate", "openai-beta", "idempotency-key")
    """Client headers that are passed, or beginnings of their names."""
    query: Mapping[str, str] = msgspec.field(default_factory=dict)
    deployments: bool = False
    """The model is part of the path (Azure's older form)."""
    models_path: str = "/models"
    errors: Dialect = Dialect.OPENAI_CHAT
    """The dialect of errors where no call says it: the list of models."""


def credentials(
    api_key: Secret | None, keys: Sequence[NamedKey], carried: Callable[[str], Mapping[str, str]]
) -> tuple[Credential, ...]:
    """Return one for each key, or one called `none` that sends nothing.

    `carried` gives the headers for a key. Raises ValueError for two keys of one name.
    """
    given = keys or ((NamedKey(name="default", key=api_key),) if api_key else ())
    if len({key.name for key in given}) < len(given):
        raise ValueError("keys: two have the same name")
    return tuple(
        Credential(name=key.name, weight=key.weight, headers=carried(key.key.reveal())) for key in given
    ) or (Credential(name="none"),)


def address(base_url: str) -> URL:
    """Read a base address. Raises ValueError with a sentence for the user."""
    url = URL(base_url.rstrip("/"))
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"base_url: {base_url!r} does not begin with http:// or https:// and a host")
    return url


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}

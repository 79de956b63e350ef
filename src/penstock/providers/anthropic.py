"""Anthropic's own Messages interface."""

from typing import Final

import msgspec
from yarl import URL

from penstock.domain.chat import Dialect
from penstock.protocols import Provider
from penstock.transport.client import Transport
from penstock.transport.remote import Credential, Remote, Site
from penstock.wire.codec import Quirks

VERSION: Final = "2023-06-01"


class NamedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several keys."""

    name: str
    """What the key is called in records."""
    key: str
    """The key itself, as env:NAME or file:/path."""
    weight: float = 1.0
    """Share of the calls among the provider's keys."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that speaks Anthropic's Messages."""

    base_url: str = "https://api.anthropic.com/v1"
    """Where it is; /v1 is added where it is missing."""
    api_key: str | None = None
    """Its key, as env:NAME or file:/path; unset for servers that want none."""
    keys: tuple[NamedKey, ...] = ()
    """Several keys instead of one; each has its own circuit."""
    bearer: bool = False
    """Send the key as `Authorization: Bearer` instead of `x-api-key`."""
    version: str = VERSION
    """`anthropic-version` for clients that send none."""
    headers: dict[str, str] = {}
    """Further headers for every call."""
    default_max_output_tokens: int = 4096
    """`max_tokens`, which is required here, for clients whose dialect leaves it open."""


def open(name: str, options: Options, transport: Transport) -> Provider:  # noqa: A001 - the plug-ins' verb
    """Return the provider; nothing is sent yet.

    Raises ValueError with a sentence for the user where the options do not make an address.
    """
    given = options.keys or ((NamedKey(name="default", key=options.api_key),) if options.api_key else ())
    if len({key.name for key in given}) < len(given):
        raise ValueError("keys: two have the same name")
    credentials = tuple(
        Credential(name=key.name, weight=key.weight, headers=carried(key.key, options)) for key in given
    )
    return Remote(
        name,
        Site(
            base=address(options.base_url),
            native=frozenset({Dialect.ANTHROPIC_MESSAGES}),
            quirks=Quirks(default_max_output_tokens=options.default_max_output_tokens),
            credentials=credentials or (Credential(name="none"),),
            headers={
                "anthropic-version": options.version,
                **{header.lower(): value for header, value in options.headers.items()},
            },
            takes=("traceparent", "tracestate", "anthropic-", "idempotency-key"),
            models_path="/models?limit=1000",
            errors=Dialect.ANTHROPIC_MESSAGES,
        ),
        transport,
    )


def address(base_url: str) -> URL:
    """The base of all paths; Anthropic's own clients are given it without the version."""
    url = URL(base_url.rstrip("/"))
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"base_url: {base_url!r} is not an address that begins with http:// or https://")
    return url if url.path.endswith("/v1") else url / "v1"


def carried(key: str, options: Options) -> dict[str, str]:
    """The header that carries a key."""
    return {"authorization": f"Bearer {key}"} if options.bearer else {"x-api-key": key}

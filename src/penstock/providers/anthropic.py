"""Anthropic's own Messages interface."""

from typing import Final

import msgspec
from yarl import URL

from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.protocols import Provider
from penstock.transport.client import Transport
from penstock.transport.remote import Remote
from penstock.transport.site import NamedKey, Site, address, bearer, credentials, lowered
from penstock.wire.codec import Quirks

VERSION: Final = "2023-06-01"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that speaks Anthropic's Messages."""

    base_url: str = "https://api.anthropic.com/v1"
    """Where it is; /v1 is added where it is missing."""
    api_key: Secret | None = None
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
    return Remote(
        name,
        Site(
            base=versioned(address(options.base_url)),
            native=frozenset({Dialect.ANTHROPIC_MESSAGES}),
            quirks=Quirks(default_max_output_tokens=options.default_max_output_tokens),
            credentials=credentials(options.api_key, options.keys, bearer if options.bearer else x_api_key),
            headers={"anthropic-version": options.version, **lowered(options.headers)},
            takes=("traceparent", "tracestate", "anthropic-", "idempotency-key"),
            models_path="/models?limit=1000",
            errors=Dialect.ANTHROPIC_MESSAGES,
        ),
        transport,
    )


def versioned(url: URL) -> URL:
    """Add the version: Anthropic's own clients are given the address without it."""
    return url if url.path.endswith("/v1") else url / "v1"


def x_api_key(key: str) -> dict[str, str]:
    return {"x-api-key": key}

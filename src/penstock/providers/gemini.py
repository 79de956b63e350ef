"""Google's Gemini, through the endpoint where it speaks OpenAI's dialect."""

import msgspec

from penstock.domain.secret import Secret
from penstock.protocols import Provider
from penstock.transport import vendors
from penstock.transport.client import Transport
from penstock.transport.remote import Remote
from penstock.transport.site import NamedKey, Site, address, bearer, credentials, lowered


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Google's Gemini."""

    base_url: str = "https://generativelanguage.googleapis.com/v1beta/openai"
    """Where its OpenAI-compatible endpoint is."""
    api_key: Secret | None = None
    """Its key, as env:NAME or file:/path."""
    keys: tuple[NamedKey, ...] = ()
    """Several keys instead of one; each has its own circuit."""
    headers: dict[str, str] = {}
    """Further headers for every call."""


def open(name: str, options: Options, transport: Transport) -> Provider:  # noqa: A001 - the plug-ins' verb
    """Return the provider; nothing is sent yet.

    Raises ValueError with a sentence for the user where the options do not make an address.
    """
    gemini = vendors.NAMED["gemini"]
    return Remote(
        name,
        Site(
            base=address(options.base_url),
            native=gemini.dialects,
            quirks=gemini.quirks,
            credentials=credentials(options.api_key, options.keys, bearer),
            headers=lowered(options.headers),
        ),
        transport,
    )

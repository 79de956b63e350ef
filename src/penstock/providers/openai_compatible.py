"""Every server that speaks OpenAI's dialects: OpenAI, Azure, vLLM, Ollama, and those like them."""

from typing import Final, Literal

import msgspec
from yarl import URL

from penstock.domain.chat import Dialect
from penstock.protocols import Provider
from penstock.transport import vendors
from penstock.transport.client import Transport
from penstock.transport.remote import Credential, Remote, Site
from penstock.wire.codec import Quirks

NATIVE: Final = {
    "chat": Dialect.OPENAI_CHAT,
    "responses": Dialect.OPENAI_RESPONSES,
    "embeddings": Dialect.OPENAI_EMBEDDINGS,
    "completions": Dialect.OPENAI_COMPLETIONS,
}


class NamedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several keys."""

    name: str
    """What the key is called in records."""
    key: str
    """The key itself, as env:NAME or file:/path."""
    weight: float = 1.0
    """Share of the calls among the provider's keys."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that speaks OpenAI's dialects."""

    base_url: str | None = None
    """Where it is, with its version: https://api.openai.com/v1. Unset: where `vendor` usually is."""
    api_key: str | None = None
    """Its key, as env:NAME or file:/path; unset for servers that want none."""
    keys: tuple[NamedKey, ...] = ()
    """Several keys instead of one; each has its own circuit."""
    vendor: str | None = None
    """Whose form of the dialect it speaks (openai, azure, groq, vllm, ...); unset: seen by its address."""
    dialects: tuple[Literal["chat", "responses", "embeddings", "completions"], ...] | None = None
    """What it takes natively, the rest being translated; unset: as the vendor does."""
    api_version: str | None = None
    """Azure: sent as ?api-version=. With it, and no /openai/v1 in the address, models are deployments."""
    organization: str | None = None
    """Sent as OpenAI-Organization."""
    project: str | None = None
    """Sent as OpenAI-Project."""
    headers: dict[str, str] = {}
    """Further headers for every call."""
    drop: tuple[str, ...] = ()
    """Further top-level parameters that the server refuses; a dropped one is named in the reply."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] | None = None
    """The name under which it takes the limit on output; unset: as the vendor does."""
    stream_usage: bool | None = None
    """Whether it takes `stream_options.include_usage`; unset: as the vendor does."""
    developer_role: bool | None = None
    """Whether it takes the role `developer`; unset: as the vendor does."""


def open(name: str, options: Options, transport: Transport) -> Provider:  # noqa: A001 - the plug-ins' verb
    """Return the provider; nothing is sent yet.

    Raises ValueError with a sentence for the user where the options do not make an address.
    """
    vendor = vendor_of(options)
    base, deployments = address(options, vendor)
    return Remote(
        name,
        Site(
            base=base,
            native=frozenset(NATIVE[word] for word in options.dialects)
            if options.dialects is not None
            else vendor.dialects,
            quirks=quirks_of(options, vendor),
            credentials=credentials(options, vendor),
            headers=extra_headers(options),
            query={"api-version": options.api_version} if options.api_version else {},
            deployments=deployments,
        ),
        transport,
    )


def vendor_of(options: Options) -> vendors.Vendor:
    """The row that applies: the one named, or the one that lives at that address."""
    if options.vendor is not None:
        vendor = vendors.named(options.vendor)
        if vendor is None:
            known = ", ".join(row.name for row in vendors.VENDORS)
            raise ValueError(f"vendor: there is no {options.vendor!r}; known are {known}")
        return vendor
    if options.base_url is None:
        raise ValueError("base_url: is needed where no vendor is named")
    url = URL(options.base_url)
    return vendors.at(url.host or "", url.port)


def address(options: Options, vendor: vendors.Vendor) -> tuple[URL, bool]:
    """The base of all paths, and whether the model is one of its parts.

    An address without a path gets the usual /v1; Azure's gets its own.
    """
    url = URL((options.base_url or vendor.base_url).rstrip("/"))
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"base_url: {options.base_url!r} is not an address that begins with http:// or https://")
    if vendor.name != "azure":
        return (url / "v1" if url.path == "/" else url), False
    if options.api_version and "/v1" not in url.path:
        return (url if url.path.endswith("/openai") else url / "openai"), True
    return (url / "openai" / "v1" if url.path == "/" else url), False


def quirks_of(options: Options, vendor: vendors.Vendor) -> Quirks:
    """The vendor's, with what the options say otherwise."""
    quirks = vendor.quirks
    return msgspec.structs.replace(
        quirks,
        max_tokens_field=options.max_tokens_field or quirks.max_tokens_field,
        stream_usage=quirks.stream_usage if options.stream_usage is None else options.stream_usage,
        developer_role=quirks.developer_role if options.developer_role is None else options.developer_role,
        drop=quirks.drop | frozenset(options.drop),
    )


def credentials(options: Options, vendor: vendors.Vendor) -> tuple[Credential, ...]:
    """One for each key, or one called `none` that sends nothing."""
    given = options.keys or ((NamedKey(name="default", key=options.api_key),) if options.api_key else ())
    if len({key.name for key in given}) < len(given):
        raise ValueError("keys: two have the same name")
    return tuple(
        Credential(name=key.name, weight=key.weight, headers=carried(key.key, vendor)) for key in given
    ) or (Credential(name="none"),)


def carried(key: str, vendor: vendors.Vendor) -> dict[str, str]:
    """The header that carries a key."""
    return {"api-key": key} if vendor.auth == "api-key" else {"authorization": f"Bearer {key}"}


def extra_headers(options: Options) -> dict[str, str]:
    """Headers of every call, in lower case."""
    headers = {header.lower(): value for header, value in options.headers.items()}
    if options.organization:
        headers["openai-organization"] = options.organization
    if options.project:
        headers["openai-project"] = options.project
    return headers

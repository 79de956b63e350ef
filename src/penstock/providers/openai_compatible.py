"""Every server that speaks OpenAI's dialects: OpenAI, Azure, vLLM, Ollama, and those like them."""

from functools import partial
from typing import Final, Literal

import msgspec
from yarl import URL

from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.protocols import Provider
from penstock.transport import vendors
from penstock.transport.client import Transport
from penstock.transport.remote import Remote
from penstock.transport.site import NamedKey, Site, address, bearer, credentials, lowered
from penstock.wire.codec import Quirks

NATIVE: Final = {
    "chat": Dialect.OPENAI_CHAT,
    "responses": Dialect.OPENAI_RESPONSES,
    "embeddings": Dialect.OPENAI_EMBEDDINGS,
    "completions": Dialect.OPENAI_COMPLETIONS,
}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that speaks OpenAI's dialects."""

    base_url: str | None = None
    """Where it is, with its version: https://api.openai.com/v1. Unset: where `vendor` usually is."""
    api_key: Secret | None = None
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
    base, deployments = base_of(options, vendor)
    return Remote(
        name,
        Site(
            base=base,
            native=native_to(options, vendor),
            quirks=quirks_of(options, vendor),
            credentials=credentials(options.api_key, options.keys, partial(carried, vendor=vendor)),
            headers=extra_headers(options),
            query={"api-version": options.api_version} if options.api_version else {},
            deployments=deployments,
        ),
        transport,
    )


def vendor_of(options: Options) -> vendors.Vendor:
    """The row that applies: the one named, or the one that lives at that address."""
    if options.vendor is not None:
        vendor = vendors.NAMED.get(options.vendor)
        if vendor is None:
            known = ", ".join(vendors.NAMED)
            raise ValueError(f"vendor: there is no {options.vendor!r}; known are {known}")
        return vendor
    if options.base_url is None:
        raise ValueError("base_url: is needed where no vendor is named")
    url = URL(options.base_url)
    return vendors.at(url.host or "", url.port)


def base_of(options: Options, vendor: vendors.Vendor) -> tuple[URL, bool]:
    """The base of all paths, and whether the model is one of its parts.

    An address without a path gets the usual /v1; Azure's gets its own.
    """
    url = address(options.base_url or vendor.base_url)
    if vendor.name != "azure":
        return (url / "v1" if url.path == "/" else url), False
    if options.api_version and "/v1" not in url.path:
        return (url if url.path.endswith("/openai") else url / "openai"), True
    return (url / "openai" / "v1" if url.path == "/" else url), False


def native_to(options: Options, vendor: vendors.Vendor) -> frozenset[Dialect]:
    """What it takes as it is."""
    if options.dialects is None:
        return vendor.dialects
    return frozenset(NATIVE[word] for word in options.dialects)


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


def carried(key: str, vendor: vendors.Vendor) -> dict[str, str]:
    """The header that carries a key."""
    return {"api-key": key} if vendor.auth == "api-key" else bearer(key)


def extra_headers(options: Options) -> dict[str, str]:
    """Headers of every call, in lower case."""
    headers = lowered(options.headers)
    if options.organization:
        headers["openai-organization"] = options.organization
    if options.project:
        headers["openai-project"] = options.project
    return headers

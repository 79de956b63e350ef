"""What the network did, as a failure of the tree (P12, S05)."""

from typing import Final

import aiohttp

from penstock import failures

CAUSES: Final[tuple[tuple[type[Exception], type[failures.UpstreamFailure], str], ...]] = (
    (aiohttp.ClientConnectorDNSError, failures.Unreachable, "The name {} cannot be resolved."),
    (aiohttp.ClientSSLError, failures.Unreachable, "No trusted connection to {}: TLS failed."),
    (aiohttp.ClientConnectorError, failures.Unreachable, "{} takes no connection."),
    (aiohttp.ServerTimeoutError, failures.Unreachable, "No connection to {} in time."),
    (aiohttp.ClientHttpProxyError, failures.Unreachable, "The proxy does not connect to {}."),
    (aiohttp.InvalidURL, failures.Unreachable, "The address of {} cannot be used."),
    (aiohttp.ClientResponseError, failures.InvalidAnswer, "What {} answered is not HTTP."),
)
"""The first that fits holds: the kind of error decides, never its wording."""


def failure_of(error: Exception, host: str) -> failures.UpstreamFailure:
    """Name the failure behind an error of the client; `host` is where the call went."""
    for kind, failure, message in CAUSES:
        if isinstance(error, kind):
            return failure(message.format(host))
    return failures.Disconnected(f"{host} closed the connection before its answer was complete.")

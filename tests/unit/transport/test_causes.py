"""Errors of the client library as failures."""

import aiohttp
import pytest

from penstock import failures
from penstock.transport.causes import failure_of


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ConnectionTimeoutError("slow"), failures.Unreachable),
        (aiohttp.InvalidURL("x"), failures.Unreachable),
        (aiohttp.ServerDisconnectedError(), failures.Disconnected),
        (aiohttp.ClientPayloadError("cut"), failures.Disconnected),
        (ConnectionResetError(104, "reset"), failures.Disconnected),
    ],
)
def test_p12_each_error_has_its_failure(error, kind):
    """P12, S05: what kept a call from being made is told apart from what broke it."""
    assert type(failure_of(error, "provider.test")) is kind


def test_the_host_is_named():
    """The message says where the call went."""
    assert "provider.test" in failure_of(aiohttp.ServerDisconnectedError(), "provider.test").message

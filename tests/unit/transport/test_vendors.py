"""Vendors as rows."""

import pytest

from penstock.transport import vendors
from penstock.transport.vendors import CHAT, OTHER, RESPONSES, VENDORS, at


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        ("api.openai.com", 443, "openai"),
        ("my-resource.openai.azure.com", 443, "azure"),
        ("127.0.0.1", 11434, "ollama"),
        ("localhost", 8000, "vllm"),
        ("127.0.0.1", 1234, "lmstudio"),
        ("api.groq.com", 443, "groq"),
        ("example.com", 443, "other"),
        ("example.com", 11434, "other"),
        ("evilapi.openai.com.example", 443, "other"),
    ],
)
def test_a_vendor_is_known_by_its_address(host, port, name):
    """Host names, their endings, and loopback ports tell vendors apart."""
    assert at(host, port).name == name


def test_every_vendor_takes_chat():
    """It is what everything else is translated to."""
    assert all(CHAT in vendor.dialects for vendor in (*VENDORS, OTHER))


def test_an_unknown_server_is_not_sent_responses():
    """Translation to chat works with every server, the Responses interface does not."""
    assert RESPONSES not in OTHER.dialects


def test_names_are_unique():
    """A vendor can be named in the configuration."""
    assert len(vendors.NAMED) == len(VENDORS)

"""Anthropic's own interface."""

import pytest

from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.protocols import Call
from penstock.providers import anthropic
from penstock.providers.anthropic import Options


@pytest.fixture
def opened(transport):
    return lambda **fields: anthropic.open("p", Options(**fields), transport)


@pytest.mark.parametrize(
    "base", ["https://api.anthropic.com", "https://api.anthropic.com/", "https://api.anthropic.com/v1"]
)
def test_the_version_is_added_where_it_is_missing(opened, base):
    """Anthropic's own clients are given the address without it."""
    assert str(opened(base_url=base)._url("/messages", "m")) == "https://api.anthropic.com/v1/messages"


def test_counting_has_its_own_path(opened):
    """G17: count_tokens goes to the provider's own counter."""
    url = opened()._url("/messages/count_tokens?beta=true", "m")
    assert str(url) == "https://api.anthropic.com/v1/messages/count_tokens?beta=true"


def test_messages_are_native_and_the_rest_is_translated(opened):
    """Chat and Responses become Messages; embeddings are nowhere."""
    asked = (Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)
    assert {opened().dialect_for(each) for each in asked} == {Dialect.ANTHROPIC_MESSAGES}
    assert opened().dialect_for(Dialect.OPENAI_EMBEDDINGS) is None


@pytest.mark.parametrize(
    ("bearer", "header", "value"), [(False, "x-api-key", "s"), (True, "authorization", "Bearer s")]
)
def test_the_key_goes_in_its_header(opened, bearer, header, value):
    """`x-api-key`, or Bearer for servers in between."""
    assert opened(api_key=Secret("s"), bearer=bearer)._headers["default", False][header] == value


def test_g17_the_clients_version_wins(opened):
    """G17: a client's anthropic-version and anthropic-beta reach the provider."""
    headers = (("anthropic-version", "2099-01-01"), ("anthropic-beta", "tools"))
    call = Call(
        dialect=Dialect.ANTHROPIC_MESSAGES, model="m", body=b"", stream=False, key="none", headers=headers
    )
    sent = opened()._headers_for(call)
    assert (sent["anthropic-version"], sent["anthropic-beta"]) == ("2099-01-01", "tools")


def test_a_client_without_a_version_gets_the_default(opened):
    """Clients of other dialects know of none."""
    assert opened()._headers["none", False]["anthropic-version"] == anthropic.VERSION

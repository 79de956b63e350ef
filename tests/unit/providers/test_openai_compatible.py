"""Servers that speak OpenAI's dialects: their addresses and differences."""

import pytest

from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.providers import openai_compatible
from penstock.providers.openai_compatible import Options
from penstock.transport.site import NamedKey

CHAT, RESPONSES, MESSAGES = Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES


@pytest.fixture
def opened(transport):
    return lambda **fields: openai_compatible.open("p", Options(**fields), transport)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"base_url": "http://127.0.0.1:8000/v1"}, "http://127.0.0.1:8000/v1/chat/completions"),
        ({"base_url": "http://127.0.0.1:8000/v1/"}, "http://127.0.0.1:8000/v1/chat/completions"),
        ({"base_url": "http://127.0.0.1:11434"}, "http://127.0.0.1:11434/v1/chat/completions"),
        ({"vendor": "groq"}, "https://api.groq.com/openai/v1/chat/completions"),
        (
            {"base_url": "https://r.openai.azure.com", "api_version": "2024-10-21"},
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        (
            {"base_url": "https://r.openai.azure.com/openai/v1", "api_version": "preview"},
            "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview",
        ),
        ({"base_url": "https://r.openai.azure.com"}, "https://r.openai.azure.com/openai/v1/chat/completions"),
    ],
)
def test_calls_go_to_the_vendors_address(opened, fields, url):
    """Version, deployment and query are where each vendor has them."""
    assert str(opened(**fields)._url("/chat/completions", "d")) == url


def test_openai_takes_responses_natively(opened):
    """A known vendor takes what its row says."""
    assert opened(base_url="https://api.openai.com/v1").dialect_for(RESPONSES) is RESPONSES


def test_an_unknown_server_gets_chat(opened):
    """Responses and Messages are translated to what every server takes."""
    provider = opened(base_url="http://127.0.0.1:9/v1")
    assert [provider.dialect_for(asked) for asked in (CHAT, RESPONSES, MESSAGES)] == [CHAT] * 3


def test_dialects_can_be_given(opened):
    """A server that takes Responses says so in the configuration."""
    provider = opened(base_url="http://127.0.0.1:9/v1", dialects=("responses",))
    assert provider.dialect_for(CHAT) is RESPONSES
    assert provider.dialect_for(Dialect.OPENAI_EMBEDDINGS) is None


def test_quirks_are_the_vendors_with_what_the_options_say(opened):
    """Options win over the row, and drops are added to it."""
    quirks = opened(vendor="mistral", drop=("metadata",), stream_usage=True).quirks
    assert quirks.stream_usage
    assert {"metadata", "logprobs"} <= quirks.drop
    assert opened(vendor="openai").quirks.max_tokens_field == "max_completion_tokens"


def test_azure_sends_its_key_its_own_way(opened):
    """Azure's header is `api-key`, everyone else's is `Authorization`."""
    azure = opened(base_url="https://r.openai.azure.com", api_key=Secret("s"))
    other = opened(vendor="openai", api_key=Secret("s"), organization="o", project="pr")
    assert azure._headers["default", False]["api-key"] == "s"
    sent = other._headers["default", True]
    assert (sent["authorization"], sent["openai-organization"], sent["openai-project"]) == (
        "Bearer s",
        "o",
        "pr",
    )


def test_several_keys_are_offered_with_their_weights(opened):
    """Each is named, so that it can have its own circuit."""
    keys = (NamedKey(name="a", key=Secret("1")), NamedKey(name="b", key=Secret("2"), weight=2))
    assert [(key.name, key.weight) for key in opened(vendor="openai", keys=keys).keys] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("fields", [{}, {"vendor": "nobody"}, {"base_url": "127.0.0.1:80"}])
def test_options_that_make_no_address_are_refused(opened, fields):
    """The user is told in a sentence when the configuration is read."""
    with pytest.raises(ValueError, match=r"base_url|vendor"):
        opened(**fields)

"""Gemini through its OpenAI-compatible endpoint."""

from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.providers import gemini


def test_it_is_openais_dialect_at_googles_address(transport):
    """Chat and embeddings are native, Messages are translated."""
    provider = gemini.open("g", gemini.Options(api_key=Secret("s")), transport)
    assert str(provider._url("/chat/completions", "m")).endswith("/v1beta/openai/chat/completions")
    assert provider.dialect_for(Dialect.ANTHROPIC_MESSAGES) is Dialect.OPENAI_CHAT
    assert provider.dialect_for(Dialect.OPENAI_EMBEDDINGS) is Dialect.OPENAI_EMBEDDINGS
    assert not provider.quirks.developer_role

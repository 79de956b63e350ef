"""Which codec speaks which dialect."""

from collections.abc import Mapping
from typing import Final

from penstock.domain.chat import Dialect
from penstock.wire.anthropic_messages.dialect import AnthropicMessages
from penstock.wire.codec import Codec
from penstock.wire.openai_chat.dialect import OpenaiChat
from penstock.wire.openai_completions import OpenaiCompletions
from penstock.wire.openai_embeddings import OpenaiEmbeddings
from penstock.wire.openai_responses.dialect import OpenaiResponses

_CODECS: Final[Mapping[Dialect, Codec]] = {
    Dialect.OPENAI_CHAT: OpenaiChat(),
    Dialect.OPENAI_RESPONSES: OpenaiResponses(),
    Dialect.ANTHROPIC_MESSAGES: AnthropicMessages(),
    Dialect.OPENAI_EMBEDDINGS: OpenaiEmbeddings(),
    Dialect.OPENAI_COMPLETIONS: OpenaiCompletions(),
}


def of(dialect: Dialect) -> Codec:
    """Return the codec for a dialect; there is one for each, and it holds no state."""
    return _CODECS[dialect]

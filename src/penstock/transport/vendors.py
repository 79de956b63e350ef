"""Who speaks OpenAI's dialect, and how each one's form of it differs: a well-behaved vendor is a row."""

from typing import Final, Literal

import msgspec

from penstock.domain.chat import Dialect
from penstock.wire.codec import Quirks

CHAT: Final = Dialect.OPENAI_CHAT
RESPONSES: Final = Dialect.OPENAI_RESPONSES
EMBEDDINGS: Final = Dialect.OPENAI_EMBEDDINGS
COMPLETIONS: Final = Dialect.OPENAI_COMPLETIONS

SYSTEM_ROLE_ONLY: Final = Quirks(developer_role=False)


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One row. What a vendor does not take natively is translated to what it does."""

    name: str
    base_url: str
    """Where it usually is."""
    hosts: tuple[str, ...] = ()
    """Host names, or endings of them (with a leading dot), by which a base address is recognised."""
    port: int | None = None
    """The loopback port by which a local server is recognised."""
    environment: str | None = None
    """The variable in which its users keep their key."""
    dialects: frozenset[Dialect] = frozenset({CHAT})
    quirks: Quirks = SYSTEM_ROLE_ONLY
    auth: Literal["bearer", "api-key"] = "bearer"


VENDORS: Final = (
    Vendor(
        name="openai",
        base_url="https://api.openai.com/v1",
        hosts=("api.openai.com", "eu.api.openai.com"),
        environment="OPENAI_API_KEY",
        dialects=frozenset({CHAT, RESPONSES, EMBEDDINGS, COMPLETIONS}),
        quirks=Quirks(max_tokens_field="max_completion_tokens"),
    ),
    Vendor(
        name="azure",
        base_url="https://RESOURCE.openai.azure.com/openai/v1",
        hosts=(".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"),
        environment="AZURE_OPENAI_API_KEY",
        dialects=frozenset({CHAT, RESPONSES, EMBEDDINGS, COMPLETIONS}),
        quirks=Quirks(max_tokens_field="max_completion_tokens"),
        auth="api-key",
    ),
    Vendor(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        hosts=("openrouter.ai",),
        environment="OPENROUTER_API_KEY",
        dialects=frozenset({CHAT, COMPLETIONS}),
        quirks=Quirks(),
    ),
    Vendor(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        hosts=("api.groq.com",),
        environment="GROQ_API_KEY",
        quirks=Quirks(
            max_tokens_field="max_completion_tokens",
            developer_role=False,
            drop=frozenset({"logit_bias", "logprobs", "top_logprobs"}),
        ),
    ),
    Vendor(
        name="mistral",
        base_url="https://api.mistral.ai/v1",
        hosts=("api.mistral.ai", "codestral.mistral.ai"),
        environment="MISTRAL_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS}),
        # Unknown fields are refused with 422; usage is always in the last chunk.
        quirks=Quirks(
            stream_usage=False,
            developer_role=False,
            drop=frozenset(
                {
                    "logit_bias",
                    "logprobs",
                    "seed",
                    "service_tier",
                    "store",
                    "top_logprobs",
                    "user",
                    "verbosity",
                }
            ),
        ),
    ),
    Vendor(
        name="deepseek",
        base_url="https://api.deepseek.com/v1",
        hosts=("api.deepseek.com",),
        environment="DEEPSEEK_API_KEY",
    ),
    Vendor(
        name="together",
        base_url="https://api.together.xyz/v1",
        hosts=("api.together.xyz", "api.together.ai"),
        environment="TOGETHER_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
    Vendor(
        name="fireworks",
        base_url="https://api.fireworks.ai/inference/v1",
        hosts=("api.fireworks.ai",),
        environment="FIREWORKS_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
    Vendor(
        name="cerebras",
        base_url="https://api.cerebras.ai/v1",
        hosts=("api.cerebras.ai",),
        environment="CEREBRAS_API_KEY",
        quirks=Quirks(
            max_tokens_field="max_completion_tokens",
            drop=frozenset({"frequency_penalty", "logit_bias", "presence_penalty"}),
        ),
    ),
    Vendor(
        name="xai",
        base_url="https://api.x.ai/v1",
        hosts=("api.x.ai", ".api.x.ai"),
        environment="XAI_API_KEY",
        dialects=frozenset({CHAT, RESPONSES}),
    ),
    Vendor(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        hosts=("generativelanguage.googleapis.com",),
        environment="GEMINI_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS}),
        # Unknown fields are refused with 400.
        quirks=Quirks(
            developer_role=False,
            drop=frozenset(
                {
                    "frequency_penalty",
                    "logit_bias",
                    "logprobs",
                    "presence_penalty",
                    "prompt_cache_key",
                    "safety_identifier",
                    "seed",
                    "service_tier",
                    "store",
                    "top_logprobs",
                    "verbosity",
                }
            ),
        ),
    ),
    Vendor(
        name="deepinfra",
        base_url="https://api.deepinfra.com/v1/openai",
        hosts=("api.deepinfra.com",),
        environment="DEEPINFRA_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
    Vendor(
        name="nvidia",
        base_url="https://integrate.api.nvidia.com/v1",
        hosts=("integrate.api.nvidia.com",),
        environment="NVIDIA_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
    Vendor(
        name="sambanova",
        base_url="https://api.sambanova.ai/v1",
        hosts=("api.sambanova.ai",),
        environment="SAMBANOVA_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS}),
    ),
    Vendor(
        name="perplexity",
        base_url="https://api.perplexity.ai",
        hosts=("api.perplexity.ai",),
        environment="PERPLEXITY_API_KEY",
        quirks=Quirks(stream_usage=False, developer_role=False),
    ),
    Vendor(
        name="moonshot",
        base_url="https://api.moonshot.ai/v1",
        hosts=("api.moonshot.ai", "api.moonshot.cn"),
        environment="MOONSHOT_API_KEY",
    ),
    Vendor(
        name="alibaba",
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        hosts=("dashscope-intl.aliyuncs.com", "dashscope.aliyuncs.com"),
        environment="DASHSCOPE_API_KEY",
        dialects=frozenset({CHAT, EMBEDDINGS}),
    ),
    Vendor(
        name="huggingface",
        base_url="https://router.huggingface.co/v1",
        hosts=("router.huggingface.co",),
        environment="HF_TOKEN",
    ),
    Vendor(
        name="ollama",
        base_url="http://127.0.0.1:11434/v1",
        port=11434,
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
    Vendor(
        name="vllm",
        base_url="http://127.0.0.1:8000/v1",
        port=8000,
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
        quirks=Quirks(),
    ),
    Vendor(
        name="lmstudio",
        base_url="http://127.0.0.1:1234/v1",
        port=1234,
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
    Vendor(
        name="llamacpp",
        base_url="http://127.0.0.1:8080/v1",
        port=8080,
        dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}),
    ),
)
"""Every vendor whose differences are known."""

OTHER: Final = Vendor(
    name="other", base_url="", dialects=frozenset({CHAT, EMBEDDINGS, COMPLETIONS}), quirks=Quirks()
)
"""What is assumed of a server that nobody has described: chat is the form that all of them take."""

NAMED: Final = {vendor.name: vendor for vendor in VENDORS}
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def at(host: str, port: int | None) -> Vendor:
    """Recognise a vendor by where it is; `OTHER` if nobody is known to be there."""
    for vendor in VENDORS:
        if any(host == known or (known[0] == "." and host.endswith(known)) for known in vendor.hosts):
            return vendor
        if host in LOOPBACK and vendor.port is not None and vendor.port == port:
            return vendor
    return OTHER

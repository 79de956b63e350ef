"""How each client is pointed at Penstock, as data.

In all texts, {base} is the server's address, {v1} the same with /v1, {key} a key and {model} a model.
"""

import re
from typing import Any, Final, Literal

import msgspec

Template = Any  # wire: texts, lists and mappings in a client's own format
Form = Literal["dotenv", "json", "toml", "yaml"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the client's own, and what has to stand in it."""

    path: str
    """From the home folder (`~/`), from click's folder for an application (`app:NAME/`), or from here."""
    form: Form
    content: Template
    """Merged into what is there: mappings by name, lists by `name` or `model_id` of their items."""
    defaults: Template = {}
    """Set where the file does not say otherwise."""
    folder_variable: str = ""
    """The client's own variable for the folder, if it is set."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One client."""

    title: str
    variables: tuple[tuple[str, str], ...] = ()
    """To be exported in the shell, or kept in .env."""
    files: tuple[File, ...] = ()
    commands: tuple[str, ...] = ()
    """What to run then, or instead."""
    code: str = ""
    """A program that works when pasted."""
    notes: tuple[str, ...] = ()


OPENAI: Final = (("OPENAI_BASE_URL", "{v1}"), ("OPENAI_API_KEY", "{key}"))
OPENAI_OLD: Final = (("OPENAI_API_BASE", "{v1}"), *OPENAI)
"""Some clients still read the name of the base address that the first SDK had."""
ANTHROPIC: Final = (("ANTHROPIC_BASE_URL", "{base}"), ("ANTHROPIC_API_KEY", "{key}"))

_PLACEHOLDER: Final = re.compile(r"\{(base|v1|key|model)\}")

CLIENTS: Final[dict[str, Client]] = {
    "openai-python": Client(
        title="OpenAI's SDK for Python",
        variables=OPENAI,
        code="""\
from openai import OpenAI

client = OpenAI()  # or OpenAI(base_url="{v1}", api_key="...")
reply = client.chat.completions.create(model="{model}", messages=[{"role": "user", "content": "Say hello."}])
print(reply.choices[0].message.content)
""",
        notes=("Responses, embeddings, models and completions work through the same client.",),
    ),
    "openai-node": Client(
        title="OpenAI's SDK for Node",
        variables=OPENAI,
        code="""\
import OpenAI from "openai";

const client = new OpenAI();
const reply = await client.chat.completions.create({
  model: "{model}",
  messages: [{ role: "user", content: "Say hello." }],
});
console.log(reply.choices[0].message.content);
""",
    ),
    "anthropic-python": Client(
        title="Anthropic's SDK for Python",
        variables=ANTHROPIC,
        code="""\
from anthropic import Anthropic

client = Anthropic()  # or Anthropic(base_url="{base}", api_key="...")
message = client.messages.create(
    model="{model}", max_tokens=1024, messages=[{"role": "user", "content": "Say hello."}]
)
print(message.content[0].text)
""",
        notes=("Any model answers here, also one of another provider: it is translated.",),
    ),
    "langchain": Client(
        title="LangChain (langchain-openai)",
        variables=OPENAI_OLD,
        code="""\
from langchain_openai import ChatOpenAI

print(ChatOpenAI(model="{model}").invoke("Say hello.").content)
""",
    ),
    "llama-index": Client(
        title="LlamaIndex",
        variables=OPENAI_OLD,
        code="""\
from llama_index.llms.openai_like import OpenAILike  # pip install llama-index-llms-openai-like

llm = OpenAILike(model="{model}", api_base="{v1}", is_chat_model=True, is_function_calling_model=True)
print(llm.complete("Say hello."))
""",
        notes=(
            "OpenAILike takes any model's name; llama_index.llms.openai.OpenAI only those that it knows.",
        ),
    ),
    "pydantic-ai": Client(
        title="Pydantic AI",
        variables=OPENAI,
        code="""\
from pydantic_ai import Agent

print(Agent("openai-chat:{model}").run_sync("Say hello.").output)
""",
    ),
    "instructor": Client(
        title="Instructor",
        variables=OPENAI,
        code="""\
import instructor
from openai import OpenAI
from pydantic import BaseModel


class City(BaseModel):
    name: str


client = instructor.from_openai(OpenAI())
question = [{"role": "user", "content": "The capital of France?"}]
print(client.chat.completions.create(model="{model}", response_model=City, messages=question))
""",
    ),
    "llm": Client(
        title="Simon Willison's llm",
        files=(
            File(
                path="app:io.datasette.llm/extra-openai-models.yaml",
                folder_variable="LLM_USER_PATH",
                form="yaml",
                content=[
                    {
                        "model_id": "penstock/{model}",
                        "model_name": "{model}",
                        "api_base": "{v1}",
                        "api_key_name": "penstock",
                    }
                ],
            ),
            File(
                path="app:io.datasette.llm/keys.json",
                folder_variable="LLM_USER_PATH",
                form="json",
                content={"penstock": "{key}"},
            ),
        ),
        commands=('llm -m penstock/{model} "Say hello."',),
    ),
    "aider": Client(
        title="aider",
        variables=(("OPENAI_API_BASE", "{v1}"), ("OPENAI_API_KEY", "{key}")),
        files=(
            File(
                path="~/.aider.conf.yml",
                form="yaml",
                content={
                    "model": "openai/{model}",
                    "openai-api-base": "{v1}",
                    "openai-api-key": "{key}",
                },
            ),
        ),
        commands=("aider --model openai/{model}",),
    ),
    "opencode": Client(
        title="opencode",
        files=(
            File(
                path="~/.config/opencode/opencode.json",
                form="json",
                defaults={"$schema": "https://opencode.ai/config.json"},
                content={
                    "provider": {
                        "penstock": {
                            "npm": "@ai-sdk/openai-compatible",
                            "name": "Penstock",
                            "options": {"baseURL": "{v1}", "apiKey": "{key}"},
                            "models": {"{model}": {"name": "{model}"}},
                        }
                    },
                },
            ),
        ),
        commands=("opencode run -m penstock/{model} 'Say hello.'",),
        notes=("For Responses set npm to @ai-sdk/openai, for Messages to @ai-sdk/anthropic.",),
    ),
    "codex": Client(
        title="Codex CLI",
        variables=(("PENSTOCK_API_KEY", "{key}"),),
        files=(
            File(
                path="~/.codex/config.toml",
                folder_variable="CODEX_HOME",
                form="toml",
                content={
                    "model": "{model}",
                    "model_provider": "penstock",
                    "model_providers": {
                        "penstock": {
                            "name": "Penstock",
                            "base_url": "{v1}",
                            "env_key": "PENSTOCK_API_KEY",
                            "wire_api": "responses",
                        }
                    },
                },
            ),
        ),
        commands=("codex exec 'Say hello.'",),
    ),
    "continue": Client(
        title="Continue (`cn` and the editors' extensions)",
        files=(
            File(
                path="~/.continue/config.yaml",
                form="yaml",
                defaults={"name": "Local configuration", "version": "1.0.0", "schema": "v1"},
                content={
                    "models": [
                        {
                            "name": "Penstock",
                            "provider": "openai",
                            "model": "{model}",
                            "apiBase": "{v1}",
                            "apiKey": "{key}",
                            "roles": ["chat", "edit", "apply"],
                        }
                    ],
                },
            ),
        ),
        commands=("cn -p 'Say hello.'",),
    ),
    "cline": Client(
        title="Cline",
        commands=(
            "cline auth --provider openai-native --apikey {key} --modelid {model} --baseurl {v1}",
            "cline 'Say hello.'",
        ),
        notes=(
            "In the editor: Settings, API Provider `OpenAI Compatible`, Base URL {v1}, the key, {model}.",
        ),
    ),
    "claude-code": Client(
        title="Claude Code",
        variables=(("ANTHROPIC_BASE_URL", "{base}"), ("ANTHROPIC_AUTH_TOKEN", "{key}")),
        files=(
            File(
                path="~/.claude/settings.json",
                folder_variable="CLAUDE_CONFIG_DIR",
                form="json",
                content={
                    "env": {
                        "ANTHROPIC_BASE_URL": "{base}",
                        "ANTHROPIC_AUTH_TOKEN": "{key}",
                        "ANTHROPIC_MODEL": "{model}",
                    }
                },
            ),
        ),
        commands=("claude -p 'Say hello.'",),
    ),
    "curl": Client(
        title="curl",
        commands=(
            "curl {v1}/chat/completions \\",
            "  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\",
            """  -d '{"model": "{model}", "messages": [{"role": "user", "content": "Say hello."}]}'""",
        ),
    ),
    "cursor": Client(
        title="Cursor",
        notes=(
            "Settings, Models, API Keys: put the key under OpenAI API Key, turn on Override OpenAI Base URL,",
            "set it to {v1}, and add the model {model}.",
            "Cursor calls from its own servers: the address has to be reachable from the internet.",
        ),
    ),
    "zed": Client(
        title="Zed",
        variables=(("PENSTOCK_API_KEY", "{key}"),),
        files=(
            File(
                path="~/.config/zed/settings.json",
                form="json",
                content={
                    "language_models": {
                        "openai_compatible": {
                            "Penstock": {
                                "api_url": "{v1}",
                                "available_models": [
                                    {"name": "{model}", "display_name": "{model}", "max_tokens": 128000}
                                ],
                            }
                        }
                    }
                },
            ),
        ),
    ),
}


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the placeholders stand for."""

    base: str
    key: str
    model: str

    def fill(self, template: Template) -> Template:
        """Fill in all texts within a template."""
        if isinstance(template, dict):
            return {self.fill(name): self.fill(value) for name, value in template.items()}
        if isinstance(template, list):
            return [self.fill(value) for value in template]
        if not isinstance(template, str):
            return template
        values = {"base": self.base, "v1": f"{self.base}/v1", "key": self.key, "model": self.model}
        return _PLACEHOLDER.sub(lambda match: values[match[1]], template)

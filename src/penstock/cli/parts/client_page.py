"""docs/clients.md: how each client is connected, made from the same data as `penstock connect`."""

from collections.abc import Iterator
from typing import Final

from penstock.cli.parts.clients import CLIENTS, Client, Facts
from penstock.cli.parts.merge import merged

FACTS: Final = Facts(base="http://127.0.0.1:4141", key="psk_...", model="gpt-4.1-mini")
LANGUAGES: Final = {"dotenv": "sh", "json": "json", "toml": "toml", "yaml": "yaml"}
HEAD: Final = """\
# Clients

<!-- Generated: `python -m penstock.cli.parts.client_page > docs/clients.md`. A test compares the two. -->

Any program that speaks OpenAI's chat completions, Responses, embeddings or completions, or Anthropic's
Messages, works unchanged: it needs the address and a key.

`penstock connect CLIENT` prints what to set on this machine; `--write` writes it, after showing the
difference, and makes a key if there is none. Files that exist are merged: comments and all other settings
stay, and a copy is kept. `--dry-run` shows the difference only. `--url`, `--key` and `--model` say what
to fill in.

A request may carry `x-penstock-deadline-ms`, `x-penstock-recovery` and `x-penstock-max-cost-usd`.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = [HEAD]
    for name, client in CLIENTS.items():
        lines += [f"## {client.title}", "", f"`penstock connect {name}`", "", *_parts(client)]
    return "\n".join(lines).rstrip() + "\n"


def _parts(client: Client) -> Iterator[str]:
    if client.variables:
        yield from _block("sh", "\n".join(f"export {name}={value}" for name, value in client.variables))
    for file in client.files:
        yield f"`{_shown(file.path)}`:\n"
        content = {**file.defaults, **file.content} if file.defaults else file.content
        yield from _block(LANGUAGES[file.form], merged("", file.form, FACTS.fill(content)).rstrip())
    if client.code:
        yield from _block("js" if "const " in client.code else "python", client.code.rstrip())
    if client.commands:
        yield from _block("sh", "\n".join(client.commands))
    if client.notes:
        yield FACTS.fill("\n".join(client.notes)) + "\n"


def _block(language: str, text: str) -> Iterator[str]:
    yield f"```{language}\n{FACTS.fill(text)}\n```\n"


def _shown(path: str) -> str:
    return path.replace("app:", "~/.config/")


if __name__ == "__main__":
    print(page(), end="")

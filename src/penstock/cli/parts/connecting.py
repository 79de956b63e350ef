"""What `penstock connect` prints and writes."""

import difflib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click
import msgspec

from penstock.cli.parts import keyring
from penstock.cli.parts.clients import CLIENTS, Client, Facts, File, Template
from penstock.cli.parts.discover import discover
from penstock.cli.parts.merge import CannotMerge, merged, parsed
from penstock.cli.parts.output import paint, print_json
from penstock.cli.parts.setup import database, folder, source
from penstock.cli.parts.trouble import Trouble
from penstock.config.folder import environment
from penstock.config.load import outline
from penstock.config.mistakes import ConfigInvalid
from penstock.storage import keys

PLACEHOLDER: Final = "YOUR_KEY"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; None: look it up."""

    client: str
    url: str | None
    key: str | None
    model: str | None
    config: Path | None
    data: Path | None
    environment: str | None


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One file, before and after. `refused` says why it cannot be merged; then `after` is what to add."""

    path: Path
    before: str
    after: str
    refused: str = ""

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to write."""
        return not self.refused and self.before != self.after


def tell(wish: Wish, *, as_json: bool) -> None:
    """Print what to set."""
    client, facts = CLIENTS[wish.client], _facts(wish)
    if as_json:
        print_json(_described(client, facts))
        return
    print(paint(f"{client.title} -> {facts.base}", "1"))
    for section in _sections(client, facts):
        print("\n" + section)
    print()
    if facts.key == PLACEHOLDER:
        print(f"A key: penstock keys create --name {wish.client}")
    if client.files or client.variables:
        print(f"Write it, with a new key if there is none: penstock connect {wish.client} --write")


def write(wish: Wish, *, dry_run: bool, as_json: bool) -> None:
    """Show the difference, and write it unless `dry_run`. Raises Trouble."""
    client, facts = CLIENTS[wish.client], _facts(wish)
    if not (client.files or client.variables):
        hint = f"penstock connect {wish.client}"
        raise Trouble(f"{client.title} keeps its settings to itself: nothing to write", hint)
    if facts.key == PLACEHOLDER and not dry_run:
        facts = msgspec.structs.replace(facts, key=_new_key(wish))
    edits = [_edit(file, facts, environment()) for file in _files(client)]
    for edit in edits:
        _show(edit, quiet=as_json)
        backup = _store(edit) if edit.changes and not dry_run else None
        if backup and not as_json:
            print(f"copy of the old one: {backup}")
    if as_json:
        print_json([_as_json(edit, written=edit.changes and not dry_run) for edit in edits])
    elif not dry_run and not any(edit.refused for edit in edits):
        _afterwards(client, facts)
    if any(edit.refused for edit in edits):
        raise Trouble("not everything could be written", "add what is shown above by hand")


def _facts(wish: Wish) -> Facts:
    """Look up what was not given. The configuration may have mistakes: its outline is enough."""
    host, port, model = "127.0.0.1", 4141, None
    made_of = source(wish.config, wish.environment)
    try:
        found = outline(made_of)
        host, port, model = found.host, found.port, found.model
    except ConfigInvalid:
        pass  # `penstock config check` tells
    if model is None and wish.model is None and made_of.path is None:
        model = discover(made_of.env).model
    host = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - listening everywhere
    base = (wish.url or f"http://{host}:{port}").rstrip("/").removesuffix("/v1")
    return Facts(base=base, key=wish.key or PLACEHOLDER, model=wish.model or model or "MODEL")


def _files(client: Client) -> tuple[File, ...]:
    """Return the client's files; one that knows only variables gets them in .env."""
    if client.files:
        return client.files
    return (File(path=".env", form="dotenv", content=dict(client.variables)),)


def _sections(client: Client, facts: Facts) -> Iterator[str]:
    if client.variables:
        yield "\n".join(f"export {name}={facts.fill(value)}" for name, value in client.variables)
    for file in client.files:
        content = _indented(merged("", file.form, _with_defaults(file, facts.fill(file.content), None)))
        yield f"{_place(file, environment())}:\n{content}"
    if client.code:
        yield facts.fill(client.code).rstrip()
    for lines in (client.commands, client.notes):
        if lines:
            yield "\n".join(facts.fill(line) for line in lines)


def _described(client: Client, facts: Facts) -> dict[str, object]:
    return {
        "title": client.title,
        "url": facts.base,
        "variables": {name: facts.fill(value) for name, value in client.variables},
        "files": [
            {
                "path": str(_place(file, environment())),
                "format": file.form,
                "content": facts.fill(file.content),
            }
            for file in client.files
        ],
        "commands": [facts.fill(line) for line in client.commands],
        "code": facts.fill(client.code),
        "notes": [facts.fill(line) for line in client.notes],
    }


def _place(file: File, env: Mapping[str, str]) -> Path:
    """Return where the file is on this machine."""
    name = Path(file.path).name
    if file.folder_variable and env.get(file.folder_variable):
        return Path(env[file.folder_variable]) / name
    if file.path.startswith("app:"):
        return Path(click.get_app_dir(file.path.removeprefix("app:").partition("/")[0])) / name
    config = env.get("XDG_CONFIG_HOME")
    if config and file.path.startswith("~/.config/"):
        return Path(config) / file.path.removeprefix("~/.config/")
    return Path(file.path).expanduser()


def _edit(file: File, facts: Facts, env: Mapping[str, str]) -> Edit:
    path = _place(file, env)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    content = facts.fill(file.content)
    try:
        content = _with_defaults(file, content, parsed(before, file.form))
        return Edit(path=path, before=before, after=merged(before, file.form, content))
    except CannotMerge as refused:
        return Edit(path=path, before=before, after=merged("", file.form, content), refused=str(refused))


def _with_defaults(file: File, content: Template, there: Template) -> Template:
    missing = {name: value for name, value in file.defaults.items() if name not in (there or {})}
    return {**missing, **content} if missing else content


def _show(edit: Edit, *, quiet: bool) -> None:
    """Print the difference as `diff -u` does."""
    if quiet:
        return
    if edit.refused:
        print(f"{edit.path} cannot be merged: {edit.refused}. Add this:\n\n{_indented(edit.after)}\n")
        return
    if not edit.changes:
        print(f"{edit.path}: nothing to change")
        return
    before, after = edit.before.splitlines(), edit.after.splitlines()
    colours = {"+": "32", "-": "31", "@": "36"}
    old = str(edit.path) if edit.before else "/dev/null"
    for line in difflib.unified_diff(before, after, old, str(edit.path), lineterm=""):
        print(paint(line, colours[line[0]]) if line[:1] in colours else line)


def _store(edit: Edit) -> Path | None:
    """Write a file, at once or not at all; return the copy of the old one, if there was one."""
    edit.path.parent.mkdir(parents=True, exist_ok=True)
    mode, backup = 0o600, None  # it holds a key
    if edit.before:
        backup = edit.path.with_name(f"{edit.path.name}.{time.strftime('%Y%m%d-%H%M%S')}.bak")
        shutil.copy2(edit.path, backup)
        mode = edit.path.stat().st_mode & 0o777
    target = edit.path.resolve()  # a link stays a link
    draft = target.with_name(f".{target.name}.penstock")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(edit.after)
    draft.chmod(mode)
    draft.replace(target)
    return backup


def _afterwards(client: Client, facts: Facts) -> None:
    if client.files and client.variables and "{key}" not in str(client.files[0].content):
        print("\nand in the shell:")
        for name, value in client.variables:
            print(f"  export {name}={facts.fill(value)}")
    if client.commands:
        print("\nthen: " + facts.fill(client.commands[-1]))


def _new_key(wish: Wish) -> str:
    with database(wish.config, wish.environment, wish.data) as opened:
        made = keyring.make(folder(wish.data), wish.client, now=time.time())
        opened.write(keys.create, made.row)
    return made.key


def _as_json(edit: Edit, *, written: bool) -> dict[str, object]:
    return {
        "path": str(edit.path),
        "changes": edit.changes,
        "written": written,
        "refused": edit.refused or None,
        "after": edit.after,
    }


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.rstrip().splitlines())

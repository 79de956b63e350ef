"""Puts settings into a file that belongs to somebody else, and leaves the rest of it alone.

Comments, order and layout stay, but in JSON, which has no comments. Each edit is checked by reading
the file before and after: only what was to be set may differ. What cannot be edited so is refused.
"""

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any, Final

import yaml

Value = Any  # wire: a client's own format

IDENTITIES: Final = ("name", "model_id", "id")
"""Fields that say which item of a list is meant."""


class CannotMerge(Exception):
    """The file is to be edited by hand; says why."""


def merged(text: str, form: str, content: Value) -> str:
    """Return the text with `content` in it. Raises CannotMerge."""
    before = parsed(text, form)
    wanted = overlaid(before, content)
    if before == wanted and text:
        return text
    edited = _EDIT[form](text, content, wanted)
    if not _reads_as(edited, form, wanted):
        raise CannotMerge("its layout is too unusual to be edited safely")
    return edited


def _reads_as(text: str, form: str, wanted: Value) -> bool:
    try:
        return bool(parsed(text, form) == wanted)
    except CannotMerge:
        return False


def parsed(text: str, form: str) -> Value:
    """Read a file; nothing gives None. Raises CannotMerge."""
    if not text.strip():
        return None
    try:
        return _READ[form](text)
    except (ValueError, yaml.YAMLError) as error:  # JSON's and TOML's errors are ValueErrors
        about = "it has comments or is broken" if form == "json" else "it is broken"
        raise CannotMerge(f"{about} ({str(error).splitlines()[0]})") from None


def overlaid(base: Value, over: Value) -> Value:
    """Lay values over others: mappings by name, lists by the identity of their items."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{name: overlaid(base.get(name), value) for name, value in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and all(isinstance(each, dict) for each in over):
        kept = [each for each in base if not any(_same(each, other) for other in over)]
        return kept + over
    return over


def _same(item: Value, other: dict[str, Value]) -> bool:
    identity = next((name for name in IDENTITIES if name in other), None)
    return isinstance(item, dict) and identity is not None and item.get(identity) == other[identity]


def _edit_json(text: str, _content: Value, wanted: Value) -> str:
    indent = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return json.dumps(wanted, indent=indent[1] if indent else 2, ensure_ascii=False) + "\n"


def _edit_dotenv(text: str, content: Value, _wanted: Value) -> str:
    for name, value in content.items():
        line = f"{name}={value}"
        text = _put_line(text, rf"^(?:export[ ]+)?{re.escape(name)}[ ]*=.*$", line)
    return text


def _put_line(text: str, pattern: str, line: str) -> str:
    """Replace the line that matches, or add one at the end."""
    edited, count = re.subn(pattern, lambda _: line, text, count=1, flags=re.MULTILINE)
    return edited if count else _ended(text) + line + "\n"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _edit_toml(text: str, content: Value, _wanted: Value) -> str:
    """Top-level values go before the first table; each table is replaced or added at the end."""
    start = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    head, tables = (text[: start.start()], text[start.start() :]) if start else (text, "")
    for name, value in content.items():
        if not isinstance(value, dict):
            head = _put_line(head, rf"^{re.escape(name)}[ \t]*=.*$", f"{name} = {json.dumps(value)}")
    for path, table in _tables(content, ()):
        heading = f"[{'.'.join(path)}]"
        lines = [heading, *(f"{name} = {json.dumps(value)}" for name, value in table.items())]
        pattern = rf"^[ \t]*{re.escape(heading)}[^\n]*\n(?:(?![ \t]*\[)[^\n]+\n?)*"
        block = "\n".join(lines) + "\n"
        old = re.search(pattern, tables, re.MULTILINE)
        tables = tables[: old.start()] + block + tables[old.end() :] if old else _apart(tables) + block
    return (_apart(head) if head and tables and not start else head) + tables


def _apart(text: str) -> str:
    return _ended(text) + "\n" if text.strip() else text


def _tables(content: Value, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], dict[str, Value]]]:
    """Return the tables that hold values."""
    found = []
    for name, value in content.items():
        if isinstance(value, dict):
            plain = {key: each for key, each in value.items() if not isinstance(each, dict)}
            if plain:
                found.append(((*path, name), plain))
            found += _tables(value, (*path, name))
    return found


def _edit_yaml(text: str, content: Value, wanted: Value) -> str:
    if not text.strip():
        return _dumped(wanted)
    if isinstance(content, list):
        return _with_items(text, content, "")
    for name, value in content.items():
        text = _with_entry(text, name, value)
    return text


def _with_entry(text: str, name: str, value: Value) -> str:
    """Set one entry of the mapping that the file is."""
    if not isinstance(value, list):
        return _put_line(text, rf"^{re.escape(name)}:.*$", f"{name}: {json.dumps(value)}")
    text = _ended(text)
    section = re.search(rf"^{re.escape(name)}:[ \t]*\n((?:[ \t-][^\n]*\n|\n)*)", text, re.MULTILINE)
    if section is None:
        return text + _dumped({name: value})
    indent = re.match(r"[ \t]*", section[1])
    width = indent[0] if indent and section[1].strip() else "  "
    return text[: section.start(1)] + _with_items(section[1], value, width) + text[section.end(1) :]


def _with_items(body: str, items: list[Value], indent: str) -> str:
    """Put items at the end of the text of a list; those with the same identity go."""
    kept = _ended(body.rstrip("\n"))
    for item in items:
        kept = _without(kept, item, indent)
    return kept + "".join(f"{indent}{line}\n" for item in items for line in _dumped([item]).splitlines())


def _without(body: str, item: dict[str, Value], indent: str) -> str:
    pieces = re.split(rf"(?m)^(?={indent}- )", body)
    return "".join(piece for piece in pieces if not _is_item(piece, item))


def _is_item(piece: str, item: dict[str, Value]) -> bool:
    read = yaml.safe_load(piece) if piece.lstrip().startswith("- ") else None
    return isinstance(read, list) and len(read) == 1 and _same(read[0], item)


def _dumped(value: Value) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return text


def _read_dotenv(text: str) -> dict[str, str]:
    lines = (line.strip().removeprefix("export ") for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


_READ: Final[dict[str, Callable[[str], Value]]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "dotenv": _read_dotenv,
}
_EDIT: Final[dict[str, Callable[[str, Value, Value], str]]] = {
    "json": _edit_json,
    "toml": _edit_toml,
    "yaml": _edit_yaml,
    "dotenv": _edit_dotenv,
}

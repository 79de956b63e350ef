"""YAML text -> nodes that know where they were written, by the rules of YAML 1.2's core schema.

Of PyYAML only the composer is used: its own resolver reads `off` as a boolean and `1:30` as ninety.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
import yaml

from penstock.config.mistakes import Mistake, Place

Plain = str | int | float | bool | None


class Scalar(msgspec.Struct, kw_only=True):
    """A single value. `loose`: it comes from where there are only texts, so its type is the reader's."""

    place: Place
    value: Plain
    text: str
    loose: bool = False


class Items(msgspec.Struct, kw_only=True):
    """A list."""

    place: Place
    items: "list[Node]"


class Fields(msgspec.Struct, kw_only=True):
    """A mapping; `keys` says where each name was written."""

    place: Place
    fields: "dict[str, Node]"
    keys: dict[str, Place]


Node = Scalar | Items | Fields

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_INT: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def resolve(text: str) -> Plain:
    """Read an unquoted scalar. Only `true` and `false` are booleans; infinity is no setting."""
    if text in _NULL:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INT.fullmatch(text):
        return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def read(content: bytes, source: str) -> tuple[Fields | None, list[Mistake]]:
    """Read one document. An empty one is an empty mapping; with a broken syntax there is no document."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        place = _place_at(before + "\ufffd", before.count("\n") + 1, len(before) - before.rfind("\n"), source)
        return None, [Mistake(place=place, message="this is not UTF-8")]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return None, [_syntax_mistake(error, text, source)]
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = _place_at(text, before.count("\n") + 1, error.position - before.rfind("\n"), source)
        return None, [Mistake(place=place, message=f"a character that YAML forbids: {error.character!r}")]
    return _Reader(text, source).document(root)


def plant(value: object, place: Place) -> Node:
    """Make nodes of plain values, all of one place."""
    if isinstance(value, Mapping):
        fields = {str(key): plant(each, place) for key, each in value.items()}
        return Fields(place=place, fields=fields, keys=dict.fromkeys(fields, place))
    if isinstance(value, list | tuple):
        return Items(place=place, items=[plant(each, place) for each in value])
    if value is None or isinstance(value, str | int | float):
        return Scalar(place=place, value=value, text="" if value is None else str(value))
    message = f"no configuration holds a {type(value).__name__}"
    raise TypeError(message)


def merge(base: Node, over: Node) -> Node:
    """Lay one document over another: mappings are merged, everything else is replaced."""
    if not (isinstance(base, Fields) and isinstance(over, Fields)):
        return over
    fields = dict(base.fields)
    for name, node in over.fields.items():
        fields[name] = merge(fields[name], node) if name in fields else node
    return Fields(place=base.place, fields=fields, keys={**base.keys, **over.keys})


def _place_at(text: str, line: int, column: int, source: str) -> Place:
    lines = text.splitlines()
    return Place(source=source, line=line, column=column, text=lines[line - 1] if line <= len(lines) else "")


def _syntax_mistake(error: yaml.MarkedYAMLError, text: str, source: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    place = _place_at(text, mark.line + 1, mark.column + 1, source) if mark else Place(source=source)
    return Mistake(place=place, message=f"not YAML: {error.problem}", hint=error.context or "")


class _Reader:
    """Turns PyYAML's nodes into ours."""

    def __init__(self, text: str, source: str) -> None:
        self._lines = text.splitlines()
        self._source = source
        self._open: set[int] = set()
        self._mistakes: list[Mistake] = []

    def document(self, root: yaml.Node | None) -> tuple[Fields, list[Mistake]]:
        empty = Fields(place=Place(source=self._source), fields={}, keys={})
        node = empty if root is None else self._node(root)
        if isinstance(node, Scalar) and node.value is None:
            node = empty
        if not isinstance(node, Fields):
            self._mistake(node.place, "the configuration is a mapping of sections")
            node = empty
        return node, self._mistakes

    def _node(self, node: yaml.Node) -> Node:
        place = self._place(node)
        if isinstance(node, yaml.ScalarNode):
            value = resolve(node.value) if node.style is None else node.value
            return Scalar(place=place, value=value, text=node.value)
        if id(node) in self._open:
            self._mistake(place, "this alias contains itself")
            return Scalar(place=place, value=None, text="")
        self._open.add(id(node))
        read = self._fields(node, place) if isinstance(node, yaml.MappingNode) else self._items(node, place)
        self._open.discard(id(node))
        return read

    def _items(self, node: yaml.Node, place: Place) -> Items:
        return Items(place=place, items=[self._node(each) for each in node.value])

    def _fields(self, node: yaml.Node, place: Place) -> Fields:
        fields: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key, value in node.value:
            at = self._place(key)
            if not isinstance(key, yaml.ScalarNode):
                self._mistake(at, "a name has to be text")
            elif key.value in fields:
                self._mistake(at, f"`{key.value}` is given twice", f"first in line {keys[key.value].line}")
            else:
                fields[key.value], keys[key.value] = self._node(value), at
        return Fields(place=place, fields=fields, keys=keys)

    def _place(self, node: yaml.Node) -> Place:
        mark = node.start_mark
        text = self._lines[mark.line] if mark.line < len(self._lines) else ""
        return Place(source=self._source, line=mark.line + 1, column=mark.column + 1, text=text)

    def _mistake(self, place: Place, message: str, hint: str = "") -> None:
        self._mistakes.append(Mistake(place=place, message=message, hint=hint))

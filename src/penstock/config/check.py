"""Nodes against types: every mistake is found in one walk, every value keeps its origin."""

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import inspect

from penstock.config.document import Fields, Items, Node, Scalar, resolve
from penstock.config.mistakes import Mistake, Place, nearest
from penstock.config.secrets import SecretMissing, resolve_secret
from penstock.domain.secret import Secret

WRONG: Final = object()
"""What a part that cannot be read becomes; its mistake has been noted."""

Value = Any  # wire: builtins as a configuration holds them, and Secret
Sequence = inspect.VarTupleType | inspect.ListType | inspect.SetType | inspect.FrozenSetType
Number = inspect.IntType | inspect.FloatType

_OPTION: Final = re.compile(r"providers\.")
_SECRET_OPTION: Final = re.compile(r"(key|secret|token|password)$|\.headers\.", re.IGNORECASE)
_WORDS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})
_BOUNDS: Final[tuple[tuple[str, str, Callable[[float, float], bool]], ...]] = (
    ("ge", "at least", lambda value, bound: value >= bound),
    ("gt", "more than", lambda value, bound: value > bound),
    ("le", "at most", lambda value, bound: value <= bound),
    ("lt", "less than", lambda value, bound: value < bound),
)


class Checker:
    """One walk over a document. Collects `mistakes`, `origins` by dotted path, and secret `files`."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self.mistakes: list[Mistake] = []
        self.origins: dict[str, Place] = {}
        self.files: list[Path] = []
        self._env = env
        self._folder = folder

    def check(self, node: Node, kind: inspect.Type, path: str) -> Value:
        """Return the value in builtins, ready for msgspec.convert, or WRONG."""
        match kind:
            case inspect.StructType():
                return self.struct(node, kind, path)
            case inspect.DictType():
                return self._dict(node, kind, path)
            case inspect.VarTupleType() | inspect.ListType() | inspect.SetType() | inspect.FrozenSetType():
                return self._sequence(node, kind, path)
            case inspect.UnionType():
                return self._union(node, kind, path)
            case inspect.AnyType():
                return self._anything(node, path)
            case _:
                return self._leaf(node, kind, path)

    def wrong(self, place: Place, message: str, hint: str = "") -> Value:
        """Note a mistake."""
        self.mistakes.append(Mistake(place=place, message=message, hint=hint))
        return WRONG

    def struct(self, node: Node, kind: inspect.StructType, path: str, skip: str | None = None) -> Value:
        """Check a section; `skip` names a field that was looked at already."""
        fields = self._fields(node, path)
        if fields is None:
            return WRONG
        known = {field.encode_name: field for field in kind.fields}
        passed = {kind.tag_field, skip}
        values: dict[str, Value] = {}
        for name, child in fields.fields.items():
            if name in known:
                values[name] = self.check(child, known[name].type, _under(path, name))
            elif name in passed:
                values[name] = self._anything(child, _under(path, name))
            else:
                self.wrong(fields.keys[name], f"unknown field `{name}`{_in(path)}", nearest(name, known))
        missing = [name for name, field in known.items() if field.required and name not in fields.fields]
        for name in missing:
            self.wrong(fields.place, f"`{name}` is missing{_in(path)}")
        return WRONG if missing else _whole(values, values.values())

    def _fields(self, node: Node, path: str) -> Fields | None:
        if isinstance(node, Fields):
            return node
        if isinstance(node, Scalar) and node.value is None:
            return Fields(place=node.place, fields={}, keys={})
        self.wrong(node.place, f"`{path}` has to be a mapping, and is {_found(node)}")
        return None

    def _dict(self, node: Node, kind: inspect.DictType, path: str) -> Value:
        fields = self._fields(node, path)
        if fields is None:
            return WRONG
        values = {
            name: self.check(child, kind.value_type, _under(path, name))
            for name, child in fields.fields.items()
        }
        return _whole(values, values.values())

    def _sequence(self, node: Node, kind: Sequence, path: str) -> Value:
        if isinstance(node, Scalar) and node.value is None:
            node = Items(place=node.place, items=[])
        if not isinstance(node, Items):
            return self.wrong(node.place, f"`{path}` has to be a list, and is {_found(node)}")
        if kind.min_length and len(node.items) < kind.min_length:
            return self.wrong(node.place, f"`{path}` needs at least {kind.min_length}")
        values = [
            self.check(child, kind.item_type, f"{path}[{index}]") for index, child in enumerate(node.items)
        ]
        return _whole(values, values)

    def _anything(self, node: Node, path: str) -> Value:
        if isinstance(node, Fields):
            return {name: self._anything(child, _under(path, name)) for name, child in node.fields.items()}
        if isinstance(node, Items):
            return [self._anything(child, f"{path}[{index}]") for index, child in enumerate(node.items)]
        self.origins[path] = node.place
        return node.value

    def _union(self, node: Node, kind: inspect.UnionType, path: str) -> Value:
        """Take the first type that fits; where none does, tell of the only one that could have been meant."""
        if isinstance(node, Scalar) and node.value is None and kind.includes_none:
            self.origins[path] = node.place
            return None
        types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        likely = [each for each in types if _could_be(each, node)]
        for each in likely or types:
            trial = Checker(self._env, self._folder)
            value = trial.check(node, each, path)
            if not trial.mistakes or len(likely or types) == 1:
                self._adopt(trial)
                return value
        choice = " or ".join(describe(each) for each in types)
        return self.wrong(node.place, f"`{path}` has to be {choice}, and is {_found(node)}")

    def _adopt(self, trial: "Checker") -> None:
        self.mistakes += trial.mistakes
        self.origins |= trial.origins
        self.files += trial.files

    def _leaf(self, node: Node, kind: inspect.Type, path: str) -> Value:
        if not isinstance(node, Scalar):
            return self.wrong(node.place, f"`{path}` has to be {describe(kind)}, and is {_found(node)}")
        self.origins[path] = node.place
        match kind:
            case inspect.CustomType(cls=cls) if cls is Secret:
                return self._secret(node, path)
            case inspect.LiteralType(values=choices) | inspect.EnumType(cls=choices):
                return self._choice(node, _words(choices), path)
            case inspect.IntType() | inspect.FloatType():
                return self._number(node, kind, path)
            case inspect.BoolType():
                return self._boolean(node, path)
            case inspect.StrType():
                return self._text(node, kind, path)
        message = f"a configuration cannot hold {kind}"
        raise TypeError(message)

    def _secret(self, node: Scalar, path: str) -> Value:
        if not isinstance(node.value, str) and not node.loose:
            return self.wrong(node.place, f"`{path}` has to be a secret", "write env:NAME or file:/path")
        try:
            secret, file = resolve_secret(node.text, self._env, self._folder)
        except SecretMissing as missing:
            return self.wrong(node.place, f"`{path}`: {missing.message}", missing.hint)
        if file is not None:
            self.files.append(file)
        return secret

    def _choice(self, node: Scalar, choices: tuple[object, ...], path: str) -> Value:
        value = node.value if node.value in choices else node.text
        if value in choices and not isinstance(node.value, bool):
            return value
        words = ", ".join(str(choice) for choice in choices)
        hint = nearest(node.text, (str(choice) for choice in choices))
        return self.wrong(
            node.place,
            f"`{path}` has to be one of {words}, and is {_found(node)}",
            hint if hint.startswith("did") else "",
        )

    def _number(self, node: Scalar, kind: Number, path: str) -> Value:
        value = resolve(node.text.strip()) if node.loose else node.value
        whole = isinstance(kind, inspect.IntType)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return self.wrong(node.place, f"`{path}` has to be {describe(kind)}, and is {_found(node)}")
        for name, words, holds in _BOUNDS:
            bound = getattr(kind, name)
            if bound is not None and not holds(value, bound):
                return self.wrong(node.place, f"`{path}` has to be {words} {bound:g}, and is {node.text}")
        return value if whole else float(value)

    def _boolean(self, node: Scalar, path: str) -> Value:
        value = resolve(node.text.strip()) if node.loose else node.value
        if isinstance(value, bool):
            return value
        word = node.text.lower() in _WORDS | {"true", "false"} and isinstance(value, str)
        hint = "only `true` and `false` (small, without quotes) are booleans" if word else ""
        return self.wrong(node.place, f"`{path}` has to be true or false, and is {_found(node)}", hint)

    def _text(self, node: Scalar, kind: inspect.StrType, path: str) -> Value:
        if _OPTION.match(path) and node.text and _is_secret(path, node.text):
            return self._secret(node, path)
        if not isinstance(node.value, str) and not node.loose:
            hint = f'write "{node.text}"' if node.text else ""
            return self.wrong(node.place, f"`{path}` has to be text, and is {_found(node)}", hint)
        if kind.min_length and len(node.text) < kind.min_length:
            return self.wrong(node.place, f"`{path}` is empty")
        return node.text


def describe(kind: inspect.Type) -> str:
    """Name a type for people."""
    match kind:
        case inspect.StructType() | inspect.DictType():
            return "a mapping"
        case inspect.VarTupleType() | inspect.ListType() | inspect.SetType() | inspect.FrozenSetType():
            return "a list"
        case inspect.LiteralType(values=choices) | inspect.EnumType(cls=choices):
            return "one of " + ", ".join(str(choice) for choice in _words(choices))
        case inspect.UnionType(types=types):
            return " or ".join(describe(each) for each in types if not isinstance(each, inspect.NoneType))
    return _LEAVES[type(kind)]


_LEAVES: Final[dict[type, str]] = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.StrType: "text",
    inspect.CustomType: "a secret (env:NAME or file:/path)",
    inspect.AnyType: "anything",
}


def _words(choices: Iterable[object]) -> tuple[object, ...]:
    """Return the words of a Literal or of an Enum class."""
    return tuple(each.value if isinstance(each, enum.Enum) else each for each in choices)


def _found(node: Node) -> str:
    """Say what stands there."""
    if isinstance(node, Fields):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return node.text.lower()
    return f"the {'text' if isinstance(node.value, str) else 'number'} `{node.text}`"


def _could_be(kind: inspect.Type, node: Node) -> bool:
    """Tell whether a node has the shape of a type."""
    match kind:
        case inspect.StructType(tag_field=str() as field, tag=tag):
            given = node.fields.get(field) if isinstance(node, Fields) else None
            return isinstance(given, Scalar) and given.value == tag
        case inspect.StructType() | inspect.DictType():
            return isinstance(node, Fields)
        case inspect.VarTupleType() | inspect.ListType() | inspect.SetType() | inspect.FrozenSetType():
            return isinstance(node, Items)
    return isinstance(node, Scalar)


def _is_secret(path: str, text: str) -> bool:
    """Tell whether an option of a provider, typed as text, must not be shown."""
    return bool(_SECRET_OPTION.search(path)) or text.startswith(("env:", "file:"))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _in(path: str) -> str:
    return f" in `{path}`" if path else ""


def _whole(values: Value, parts: Iterable[Value]) -> Value:
    return WRONG if any(part is WRONG for part in parts) else values


def convert(value: Value, kind: type[msgspec.Struct]) -> Value:
    """Make the typed value of builtins that were checked. Raises msgspec.ValidationError.

    Plug-ins may type their secrets as Secret or as text; either gets it as it asks.
    """
    return msgspec.convert(_revealed(value), kind, dec_hook=_hidden)


def _revealed(value: Value) -> Value:
    if isinstance(value, dict):
        return {name: _revealed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_revealed(each) for each in value]
    return value.reveal() if isinstance(value, Secret) else value


def _hidden(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    message = f"a configuration cannot hold {kind.__name__}"
    raise NotImplementedError(message)

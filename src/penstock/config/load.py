"""penstock.yaml and all that lies over it -> Loaded, or all mistakes at once.

Order: default < file < overlay < `PENSTOCK__SECTION__FIELD` < flag.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import inspect

from penstock.config import document
from penstock.config.check import WRONG, Checker, Value, convert
from penstock.config.document import Fields, Node, Scalar
from penstock.config.mistakes import ConfigInvalid, Mistake, Place, nearest
from penstock.config.rules import broken_rules
from penstock.config.tree import Config, Section, Server

PREFIX: Final = "PENSTOCK__"
FILE: Final = "penstock.yaml"

S = TypeVar("S", bound=Section)
Options = Any  # a plug-in's own type
Kinds = Mapping[str, type[msgspec.Struct]]
"""Provider kind -> the Options of its plug-in."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """All that a configuration is made of, so that it can be read again."""

    path: Path | None
    """The file; None: there is none."""
    env: Mapping[str, str]
    environment: str | None = None
    """`production` reads penstock.production.yaml over penstock.yaml."""
    flags: Mapping[str, object] = {}
    """Dotted path -> value; None means that the flag was not given."""
    kinds: Kinds = {}
    discovered: Mapping[str, object] = {}
    """Where there is no file: sections that were found by looking around."""

    def __repr__(self) -> str:
        return f"Source(path={self.path!r}, environment={self.environment!r})"  # env holds secrets


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that is free of mistakes."""

    config: Config
    options: Mapping[str, Options]
    """Provider's name -> its plug-in's Options, secrets resolved."""
    origins: Mapping[str, str]
    """Dotted path -> where the value was written, in short; what is not here is a default."""
    places: Mapping[str, Place] = {}
    """The same with the line's text."""
    path: Path | None
    files: tuple[Path, ...]
    """All files that it depends on, also secrets; a change of one means reading again."""
    source: Source

    def __repr__(self) -> str:
        return f"Loaded(path={self.path!r})"  # options may hold secrets as plain text


def load(
    path: Path | None,
    *,
    env: Mapping[str, str],
    environment: str | None = None,
    flags: Mapping[str, object] | None = None,
    kinds: Kinds,
    discovered: Mapping[str, object] | None = None,
) -> Loaded:
    """Read a configuration. Raises ConfigInvalid with every mistake."""
    return read(
        Source(
            path=path,
            env=env,
            environment=environment,
            flags=flags or {},
            kinds=kinds,
            discovered=discovered or {},
        )
    )


def read(source: Source) -> Loaded:
    """Read a configuration (again). Raises ConfigInvalid with every mistake."""
    root, mistakes = _root(source)
    folder = source.path.parent if source.path else Path()
    checker = Checker(source.env, folder)
    values = checker.check(root, _SHAPE, "")
    providers = _providers(root, checker, source.kinds)
    mistakes += checker.mistakes + list(broken_rules(root))
    if mistakes or values is WRONG:
        raise ConfigInvalid(mistakes)
    entries = {name: entry for name, (entry, _) in providers.items()}
    return Loaded(
        config=msgspec.structs.replace(convert({**values, "providers": {}}, Config), providers=entries),
        options={name: options for name, (_, options) in providers.items()},
        origins={path: str(place) for path, place in checker.origins.items()},
        places=checker.origins,
        path=source.path,
        files=(*_files(source), *checker.files),
        source=source,
    )


def section(source: Source, name: str, kind: type[S]) -> S:
    """Read one section only, for commands that need no more. Raises ConfigInvalid with its mistakes."""
    root, mistakes = _root(source)
    checker = Checker(source.env, Path())
    node = root.fields.get(name) or document.plant({}, root.place)
    values = checker.check(node, inspect.type_info(kind), name)
    mistakes += checker.mistakes
    if mistakes:
        raise ConfigInvalid(mistakes)
    found: S = convert(values, kind)
    return found


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server is and what can be asked of it, known also of a configuration with mistakes."""

    host: str
    port: int
    model: str | None
    """The first that is listed."""


def outline(source: Source) -> Outline:
    """Read no more than `server` and the names of models. Raises ConfigInvalid."""
    server = section(source, "server", Server)
    models = _root(source)[0].fields.get("models")
    model = next(iter(models.fields), None) if isinstance(models, Fields) else None
    return Outline(host=server.host, port=server.port, model=model)


def find(explicit: Path | None, env: Mapping[str, str], folder: Path) -> Path | None:
    """Return the configuration's file: the one asked for, $PENSTOCK_CONFIG, or penstock.yaml in `folder`."""
    if explicit is not None:
        return explicit
    if env.get("PENSTOCK_CONFIG"):
        return Path(env["PENSTOCK_CONFIG"])
    return folder / FILE if (folder / FILE).is_file() else None


_SHAPE: Final = inspect.type_info(Config)


def _files(source: Source) -> tuple[Path, ...]:
    if source.path is None:
        return ()
    if source.environment is None:
        return (source.path,)
    return source.path, source.path.with_suffix(f".{source.environment}{source.path.suffix}")


def _root(source: Source) -> tuple[Fields, list[Mistake]]:
    """Lay all layers over each other. Raises ConfigInvalid where a file cannot be read at all."""
    base: Node = document.plant({}, Place(source="default"))
    if source.path is None:
        found = {"server": {"pass_unlisted": True}, **source.discovered}
        base = document.plant(found, Place(source="discovered"))
    mistakes = list(_overlay_without_file(source))
    base = _lay(base, map(_read_file, _files(source)), mistakes)
    base = _lay(base, _environment(source.env, base), mistakes)
    for path, value in source.flags.items():
        if value is not None:
            place = Place(source="--" + path.rpartition(".")[2].replace("_", "-"))
            base = document.merge(base, _nest(path.split("."), document.plant(value, place), place))
    return _as_fields(base), mistakes


def _lay(base: Node, layers: Iterable[tuple[Node | None, list[Mistake]]], mistakes: list[Mistake]) -> Node:
    """Lay layers over `base`, and note what is wrong in them.

    Raises ConfigInvalid if one has no readable form: with half a document, every reference would dangle.
    """
    broken = False
    for layer, wrong in layers:
        mistakes += wrong
        broken = broken or layer is None
        base = base if layer is None else document.merge(base, layer)
    if broken:
        raise ConfigInvalid(mistakes)
    return base


def _as_fields(node: Node) -> Fields:
    return node if isinstance(node, Fields) else Fields(place=node.place, fields={}, keys={})


def _overlay_without_file(source: Source) -> Iterator[Mistake]:
    if source.path is None and source.environment is not None:
        place = Place(source=f"--env {source.environment}")
        message = "there is no configuration to lay it over"
        yield Mistake(place=place, message=message, hint="give --config FILE")


def _read_file(file: Path) -> tuple[Fields | None, list[Mistake]]:
    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        return None, [Mistake(place=Place(source=str(file)), message=message)]
    return document.read(content, str(file))


def _environment(env: Mapping[str, str], base: Node) -> Iterator[tuple[Node | None, list[Mistake]]]:
    for name in sorted(env):
        if name.startswith(PREFIX):
            node, wrong = _from_variable(name, env[name])
            steps = _steps(name.removeprefix(PREFIX).lower().split("__"), base)
            yield (None if node is None else _nest(steps, node, Place(source=name))), wrong


def _from_variable(name: str, text: str) -> tuple[Node | None, list[Mistake]]:
    """Read a variable's text: a list or a mapping if it looks like one, else a scalar of unknown type."""
    if not text.startswith(("[", "{")):
        return Scalar(place=Place(source=name), value=document.resolve(text), text=text, loose=True), []
    parsed, wrong = document.read(b"value: " + text.encode("utf-8", "replace"), name)
    return (parsed.fields["value"] if parsed else None), wrong


def _steps(words: list[str], node: Node | None) -> list[str]:
    """Find the names that a variable means: GPT_4_1 stands for an existing `gpt-4.1`."""
    steps = []
    for word in words:
        fields = node.fields if isinstance(node, Fields) else {}
        step = next((name for name in fields if re.sub(r"\W", "_", name).lower() == word), word)
        steps.append(step)
        node = fields.get(step)
    return steps


def _nest(steps: list[str], node: Node, place: Place) -> Node:
    for step in reversed(steps):
        node = Fields(place=place, fields={step: node}, keys={step: place})
    return node


def _providers(root: Fields, checker: Checker, kinds: Kinds) -> dict[str, tuple[Value, Options]]:
    """Check each entry against its plug-in's Options."""
    section = root.fields.get("providers")
    found: dict[str, tuple[Value, Options]] = {}
    for name, entry in section.fields.items() if isinstance(section, Fields) else ():
        kind = _kind(name, entry, checker, kinds) if isinstance(entry, Fields) else None
        if kind is not None:
            found[name] = _options(name, entry, kind, checker, kinds)
    return found


def _kind(name: str, entry: Fields, checker: Checker, kinds: Kinds) -> str | None:
    node = entry.fields.get("kind")
    if node is None:
        checker.wrong(entry.place, f"`kind` is missing in `providers.{name}`", nearest("", kinds))
    elif not isinstance(node, Scalar) or node.text not in kinds:
        text = node.text if isinstance(node, Scalar) else "?"
        checker.wrong(node.place, f"no provider is of the kind `{text}`", nearest(text, kinds))
    else:
        return node.text
    return None


def _options(name: str, entry: Node, kind: str, checker: Checker, kinds: Kinds) -> tuple[Value, Options]:
    shape = cast("inspect.StructType", inspect.type_info(kinds[kind]))
    values = checker.struct(entry, shape, f"providers.{name}", skip="kind")
    if values is WRONG:
        return None, None
    values["kind"] = kind
    try:
        return values, convert({each: values[each] for each in values if each != "kind"}, kinds[kind])
    except msgspec.ValidationError as error:
        checker.wrong(entry.place, f"`providers.{name}`: {error}")
        return None, None

"""docs/configuration.md: every setting with its type, default and sentence, made from the tree itself."""

import inspect as source
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import inspect

from penstock.config.check import describe
from penstock.config.documented import sentences
from penstock.config.load import Kinds
from penstock.config.schema import structs
from penstock.config.tree import Config

HEAD: Final = """\
# Configuration

<!-- Generated: `penstock config reference > docs/configuration.md`. A test compares the two. -->

Penstock reads `penstock.yaml` in the current folder, the file that `--config` or `$PENSTOCK_CONFIG` names,
or nothing at all: then it looks for providers by itself. Each value is taken from the last of these that has
it:

1. the default, as listed below;
2. the file;
3. with `--env production`, `penstock.production.yaml` beside it: mappings are merged, lists are replaced;
4. the environment: `PENSTOCK__SERVER__PORT=8080` sets `server.port`. In a name, `_` stands for any other
   character (`PENSTOCK__MODELS__GPT_4_1_MINI__STRICT=true`); a list or a mapping is in YAML's flow form;
5. a flag of the command.

`penstock config show --origin` prints every value with where it came from; `penstock config check` prints
all mistakes at once, each with its place, and exits with 2; `penstock config schema` prints a JSON Schema
for editors (first line of the file: `# yaml-language-server: $schema=penstock.schema.json`).

Only `true` and `false` are booleans: `off`, `on`, `yes` and `no` are words. A changed file is read again
within about a second, without dropping a request; while it has mistakes, the running configuration stays.

Secrets are written as `env:NAME` or `file:/path` and print as `***`. A secret's file must not be readable by
others (`chmod 600`), unless another user owns it or it lies in `/run/secrets`, as orchestrators mount them.

```yaml
providers:
  openai: {kind: openai_compatible, base_url: https://api.openai.com/v1, api_key: env:OPENAI_API_KEY}
  claude: {kind: anthropic, api_key: env:ANTHROPIC_API_KEY}
  local: {kind: openai_compatible, base_url: http://127.0.0.1:8000/v1}
models:
  gpt-4.1-mini:
    targets: [{provider: openai, model: gpt-4.1-mini}, {provider: local, model: llama-3.1-8b}]
    timeouts: {connect: 5, first_token: 60, idle: 30, total: 600}
    recovery: off
keys:
  - {name: ci, secret: env:CI_KEY, user: ci, team: web, organization: acme}
prices:
  local/llama-3.1-8b: {input: 0.05, output: 0.10}
```
"""


def reference(kinds: Kinds) -> str:
    """Return the page as Markdown."""
    parts = [HEAD, *_section("", Config)]
    for kind in sorted(kinds):
        parts += _section(f"providers: kind {kind}", kinds[kind])
    return "\n".join(parts)


def _section(title: str, kind: type[msgspec.Struct]) -> Iterator[str]:
    """Write the tables of a Struct and of the Structs within it."""
    places = _places(kind)
    for each in structs(kind):
        yield f"## {_title(title, places[each])}\n"
        if each.__doc__ and each is not Config:
            yield source.cleandoc(each.__doc__) + "\n"
        yield from _table(each)
        yield ""


def _title(title: str, place: str) -> str:
    if title and place:
        return f"{title}, `{place}`"
    return title or (f"`{place}`" if place else "Sections")


def _places(kind: type[msgspec.Struct]) -> dict[type[msgspec.Struct], str]:
    """Return where each Struct is found: `models.NAME.targets[]`."""
    found: dict[type[msgspec.Struct], str] = {}
    _locate(inspect.type_info(kind), "", found)
    return found


def _locate(kind: inspect.Type, place: str, found: dict[type[msgspec.Struct], str]) -> None:
    match kind:
        case inspect.StructType():
            found.setdefault(kind.cls, place)
            for field in kind.fields:
                _locate(field.type, f"{place}.{field.encode_name}" if place else field.encode_name, found)
        case inspect.DictType():
            _locate(kind.value_type, f"{place}.NAME", found)
        case inspect.VarTupleType() | inspect.ListType() | inspect.SetType() | inspect.FrozenSetType():
            _locate(kind.item_type, f"{place}[]", found)
        case inspect.UnionType():
            for each in kind.types:
                _locate(each, place, found)


def _table(kind: type[msgspec.Struct]) -> Iterator[str]:
    docs = sentences(kind)
    shape = inspect.type_info(kind)
    yield "| setting | type | default | |"
    yield "|---|---|---|---|"
    for field in shape.fields if isinstance(shape, inspect.StructType) else ():
        words = _bounded(field.type)
        sentence = docs.get(field.encode_name, "").replace("|", "\\|")
        yield f"| `{field.encode_name}` | {words} | {_default(field)} | {sentence} |"


def _bounded(kind: inspect.Type) -> str:
    """Name a type with its bounds."""
    if isinstance(kind, inspect.UnionType):
        inner = [_bounded(each) for each in kind.types if not isinstance(each, inspect.NoneType)]
        return " or ".join(inner)
    words = describe(kind)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        bounds = (("> ", kind.gt), ("≥ ", kind.ge), ("< ", kind.lt), ("≤ ", kind.le))
        return ", ".join([words, *(f"{sign}{bound:g}" for sign, bound in bounds if bound is not None)])
    return words


def _default(field: inspect.Field) -> str:
    if field.required:
        return "**required**"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "see below"
    if value is None:
        return "unset"
    if not isinstance(value, str | int | float) and not value:
        return "none"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"`{text}`" if text else "empty"

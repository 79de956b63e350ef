"""A JSON Schema of penstock.yaml, for editors."""

from typing import Any, Final

import msgspec
from msgspec import inspect

from penstock.config.documented import sentences
from penstock.config.load import Kinds
from penstock.config.tree import Config
from penstock.domain.secret import Secret

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]  # wire: JSON Schema


def schema(kinds: Kinds) -> Schema:
    """Return the schema of the whole tree, with the options of each kind of provider."""
    root, definitions = _of(Config, "")
    entries: list[Schema] = []
    for kind in sorted(kinds):
        reference, options = _of(kinds[kind], f"{kind}.")
        entry = options[reference["$ref"].removeprefix("#/$defs/")]
        entry["properties"] = {"kind": {"const": kind}, **entry["properties"]}
        entry["required"] = ["kind", *entry.get("required", [])]
        entry["additionalProperties"] = False
        definitions |= options
        entries.append(reference)
    providers = definitions["Config"]["properties"]["providers"]
    providers["additionalProperties"] = {"oneOf": entries} if entries else {"type": "object"}
    return {"$schema": DRAFT, "title": "penstock.yaml", **root, "$defs": definitions}


def _of(kind: type[msgspec.Struct], prefix: str) -> tuple[Schema, dict[str, Schema]]:
    (reference,), definitions = msgspec.json.schema_components(
        (kind,), schema_hook=_secret, ref_template="#/$defs/" + prefix + "{name}"
    )
    docs = {each.__name__: sentences(each) for each in structs(kind)}
    for name, definition in definitions.items():
        for field, sentence in docs.get(name, {}).items():
            definition["properties"][field]["description"] = sentence
    return reference, {prefix + name: definition for name, definition in definitions.items()}


def structs(kind: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """Return a Struct and all Structs within it, in the order of their first appearance."""
    found: dict[type[msgspec.Struct], None] = {}
    _collect(inspect.type_info(kind), found)
    return list(found)


def _collect(kind: inspect.Type, found: dict[type[msgspec.Struct], None]) -> None:
    match kind:
        case inspect.StructType():
            found.setdefault(kind.cls)
            for field in kind.fields:
                _collect(field.type, found)
        case inspect.DictType():
            _collect(kind.value_type, found)
        case inspect.VarTupleType() | inspect.ListType() | inspect.SetType() | inspect.FrozenSetType():
            _collect(kind.item_type, found)
        case inspect.UnionType():
            for each in kind.types:
                _collect(each, found)


def _secret(kind: type) -> Schema:
    if kind is Secret:
        return {"type": "string", "description": "env:NAME or file:/path"}
    message = f"a configuration cannot hold {kind.__name__}"
    raise NotImplementedError(message)

"""The JSON Schema."""

import msgspec
import pytest

from penstock.config.documented import sentences
from penstock.config.schema import schema, structs
from penstock.config.tree import Config
from penstock.domain.secret import Secret


def test_the_schema_describes_every_field(kinds):
    """Each field of the tree has its sentence, and each kind of provider its own shape."""
    found = schema(kinds)
    definitions = found["$defs"]
    assert definitions["Server"]["properties"]["port"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 65535,
        "default": 4141,
        "description": "Port to listen on; 0 takes a free one.",
    }
    assert definitions["Server"]["additionalProperties"] is False
    far = definitions["far.Options"]
    assert far["properties"]["kind"] == {"const": "far"}
    assert far["properties"]["api_key"]["description"] == "Its key."
    assert definitions["far.NamedKey"]["properties"]["key"]["description"] == "The key itself."
    assert definitions["needy.Needy"]["required"] == ["kind", "base_url"]
    providers = definitions["Config"]["properties"]["providers"]
    assert providers["additionalProperties"] == {
        "oneOf": [{"$ref": "#/$defs/far.Options"}, {"$ref": "#/$defs/needy.Needy"}]
    }


def test_all_references_lead_somewhere(kinds):
    """A schema with a dangling reference is of no use."""
    text = msgspec.json.encode(schema(kinds)).decode()
    definitions = schema(kinds)["$defs"]
    for piece in text.split('"$ref":"#/$defs/')[1:]:
        assert piece.partition('"')[0] in definitions


def test_without_plug_ins_any_provider_is_an_object():
    """Where no kind is known, entries are not checked."""
    providers = schema({})["$defs"]["Config"]["properties"]["providers"]
    assert providers["additionalProperties"] == {"type": "object"}


def test_every_field_of_the_tree_is_documented():
    """A setting without a sentence is not finished."""
    silent = [
        f"{each.__name__}.{field}"
        for each in structs(Config)
        for field in each.__struct_fields__
        if field not in sentences(each)
    ]
    assert silent == []


def test_a_type_that_no_configuration_can_hold_is_refused():
    """A plug-in's option of a foreign type fails at once."""

    class Options(msgspec.Struct):
        a: Secret
        b: type

    with pytest.raises(TypeError, match="not supported"):
        schema({"x": Options})

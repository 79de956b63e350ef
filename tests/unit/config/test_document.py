"""YAML by the rules of its core schema, with places."""

import pytest

from penstock.config.document import Fields, Items, Scalar, merge, plant, read, resolve
from penstock.config.mistakes import Place

HERE = Place(source="here")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("off", "off"),
        ("on", "on"),
        ("yes", "yes"),
        ("no", "no"),
        ("", None),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-12", -12),
        ("012", 12),
        ("0x1f", 31),
        ("0o17", 15),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", ".inf"),
        ("2026-11-23", "2026-11-23"),
    ],
)
def test_scalars_are_read_by_the_core_schema(text, value):
    """Only true and false are booleans; times, dates and numbers with `_` are texts."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_places_are_where_values_begin():
    """Lines and columns count from one."""
    document, mistakes = read(b"a:\n  b: [1, x]\n", "f.yaml")
    assert mistakes == []
    inner = document.fields["a"]
    assert str(inner.keys["b"]) == "f.yaml:2:3"
    assert str(inner.fields["b"].items[1].place) == "f.yaml:2:10"
    assert inner.fields["b"].items[1].place.text == "  b: [1, x]"


def test_quoted_scalars_are_text():
    """Quotes make a text of anything."""
    document, _ = read(b"a: \"true\"\nb: '1'\nc: |\n  2\n", "f")
    assert [node.value for node in document.fields.values()] == ["true", "1", "2\n"]


@pytest.mark.parametrize("content", [b"", b"# only a comment\n", b"null\n", b"---\n", b"\xef\xbb\xbf"])
def test_nothing_is_an_empty_mapping(content):
    """An empty file is a configuration without settings."""
    document, mistakes = read(content, "f")
    assert document.fields == {}
    assert mistakes == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: [1\nb: 2\n", "f:2:2: not YAML: expected ',' or ']', but got ':'"),
        (b"a: 1\n\tb: 2\n", "f:2:1: not YAML: found character '\\t' that cannot start any token"),
        (b"a: *x\n", "f:1:4: not YAML: found undefined alias 'x'"),
        (b"a: \xff\n", "f:1:4: this is not UTF-8"),
        (b"a: 1\nb: \x01\n", "f:2:4: a character that YAML forbids: 1"),
        (b"a: 1\n---\nb: 1\n", "f:2:1: not YAML: but found another document"),
        (b"a: 'x\n", "f:2:1: not YAML: found unexpected end of stream"),
    ],
)
def test_broken_syntax_is_one_mistake_with_its_place(content, told):
    """What is no YAML is told with line and column."""
    document, (mistake,) = read(content, "f")
    assert document is None
    assert f"{mistake.place}: {mistake.message}" == told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"- a\n", ["f:1:1: the configuration is a mapping of sections"]),
        (b"a: 1\na: 2\na: 3\n", ["f:2:1: `a` is given twice", "f:3:1: `a` is given twice"]),
        (b"? [1]\n: 2\nb: 3\n", ["f:1:3: a name has to be text"]),
        (b"a: &x [*x]\n", ["f:1:4: this alias contains itself"]),
    ],
)
def test_unusable_nodes_are_mistakes(content, told):
    """What YAML allows and a configuration does not."""
    _, mistakes = read(content, "f")
    assert [f"{mistake.place}: {mistake.message}" for mistake in mistakes] == told


def test_an_alias_stands_for_its_anchor():
    """What is written once can be used twice."""
    document, _ = read(b"a: &x {b: 1}\nc: *x\n", "f")
    assert document.fields["c"].fields["b"].value == 1


def test_plain_values_become_nodes_of_one_place():
    """Flags and discovered sections are nodes as those of a file."""
    node = plant({"a": [1, "x", None, True]}, HERE)
    assert isinstance(node, Fields)
    items = node.fields["a"]
    assert isinstance(items, Items)
    assert [each.value for each in items.items] == [1, "x", None, True]
    assert items.items[2].text == ""
    assert node.keys["a"] is HERE


def test_what_no_configuration_holds_is_refused():
    """An object among plain values is a programmer's mistake."""
    with pytest.raises(TypeError, match="object"):
        plant(object(), HERE)


def test_mappings_are_merged_and_lists_replaced():
    """An overlay adds to mappings and replaces all else."""
    merged = merge(plant({"a": {"x": 1, "y": [1]}}, HERE), plant({"a": {"y": [2], "z": 3}}, HERE))
    inner = merged.fields["a"].fields
    assert list(inner) == ["x", "y", "z"]
    assert [each.value for each in inner["y"].items] == [2]
    assert isinstance(inner["z"], Scalar)

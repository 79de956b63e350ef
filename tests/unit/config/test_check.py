"""Nodes against types."""

import enum
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, inspect

from penstock.config.check import WRONG, Checker, convert, describe
from penstock.config.document import Scalar, read
from penstock.config.mistakes import Place
from penstock.domain.secret import Secret


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class One(msgspec.Struct, tag="one"):
    a: int


class Two(msgspec.Struct, tag="two"):
    b: int


def check(text: str, kind, env=None):
    """Return the value, and what was told."""
    document, mistakes = read(f"x: {text}\n".encode(), "f")
    assert mistakes == []
    checker = Checker(env or {}, Path())
    value = checker.check(document.fields["x"], inspect.type_info(kind), "x")
    return value, [mistake.message for mistake in checker.mistakes]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1", int, 1),
        ("1", float, 1.0),
        ("1.5", float, 1.5),
        ("abc", str, "abc"),
        ('"1"', str, "1"),
        ("off", str, "off"),
        ("true", bool, True),
        ("off", Literal["off", "on"], "off"),
        ("3", Literal[3, 4], 3),
        ("blue", Colour, "blue"),
        ("null", int | None, None),
        ("4", int | None, 4),
        ("[1, 2]", list[int], [1, 2]),
        ("[1, 2]", tuple[int, ...], [1, 2]),
        ("[a]", set[str], ["a"]),
        ("null", list[int], []),
        ("{a: 1}", dict[str, int], {"a": 1}),
        ("null", dict[str, int], {}),
        ("{a: [1, {b: null}]}", Any, {"a": [1, {"b": None}]}),
        ("[1]", int | list[int], [1]),
        ("1", int | list[int], 1),
        ("{a: 1}", int | dict[str, int], {"a": 1}),
        ("abc", int | str, "abc"),
        ("{type: two, b: 1}", One | Two, {"type": "two", "b": 1}),
    ],
)
def test_what_fits_is_taken(text, kind, value):
    """A value of the right type comes out as builtins."""
    found, told = check(text, kind)
    assert told == []
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("x", int, "`x` has to be a whole number, and is the text `x`"),
        ("1.5", int, "`x` has to be a whole number, and is the number `1.5`"),
        ("true", int, "`x` has to be a whole number, and is true"),
        ("[1]", float, "`x` has to be a number, and is a list"),
        ("1", str, "`x` has to be text, and is the number `1`"),
        ("null", str, "`x` has to be text, and is nothing"),
        ("{}", str, "`x` has to be text, and is a mapping"),
        ("yes", bool, "`x` has to be true or false, and is the text `yes`"),
        ("1", bool, "`x` has to be true or false, and is the number `1`"),
        ("abc", list[int], "`x` has to be a list, and is the text `abc`"),
        ("[a]", list[int], "`x[0]` has to be a whole number, and is the text `a`"),
        ("[]", Annotated[list[int], Meta(min_length=1)], "`x` needs at least 1"),
        ("7", dict[str, int], "`x` has to be a mapping, and is the number `7`"),
        ("{a: b}", dict[str, int], "`x.a` has to be a whole number, and is the text `b`"),
        ("green", Colour, "`x` has to be one of red, blue, and is the text `green`"),
        ("true", Literal["true"], "`x` has to be one of true, and is true"),
        ("{type: three}", One | Two, "`x` has to be a mapping or a mapping, and is a mapping"),
        ("abc", int | list[int], "`x` has to be a whole number, and is the text `abc`"),
        ("abc", int | float | None, "`x` has to be a whole number or a number, and is the text `abc`"),
        ("{}", int | list[int], "`x` has to be a whole number or a list, and is a mapping"),
        ('""', Annotated[str, Meta(min_length=1)], "`x` is empty"),
        ("[1]", Secret, "`x` has to be a secret (env:NAME or file:/path), and is a list"),
        ("1", Secret, "`x` has to be a secret"),
        ("{a: 1, b: 2}", One, "unknown field `b` in `x`"),
        ("{}", One, "`a` is missing in `x`"),
        ("7", One, "`x` has to be a mapping, and is the number `7`"),
    ],
)
def test_what_does_not_fit_is_told(text, kind, told):
    """A value of the wrong type names what was wanted and what is there."""
    value, messages = check(text, kind)
    assert messages == [told]
    if "unknown" not in told:
        assert value is WRONG


@pytest.mark.parametrize(
    ("text", "meta", "told"),
    [
        ("0", Meta(ge=1), "at least 1"),
        ("0", Meta(gt=0), "more than 0"),
        ("5", Meta(le=4), "at most 4"),
        ("5", Meta(lt=5), "less than 5"),
    ],
)
def test_bounds_are_told(text, meta, told):
    """A number out of bounds names the bound."""
    _, (message,) = check(text, Annotated[int, meta])
    assert message == f"`x` has to be {told}, and is {text}"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12", int, 12),
        (" 12 ", int, 12),
        ("12", str, "12"),
        ("true", bool, True),
        ("1.5", float, 1.5),
        ("3", Secret, Secret("3")),
    ],
)
def test_a_loose_text_takes_the_type_of_its_field(text, kind, value):
    """What comes from a variable is read as its field wants it."""
    node = Scalar(place=Place(source="V"), value=1, text=text, loose=True)
    checker = Checker({}, Path())
    assert checker.check(node, inspect.type_info(kind), "x") == value
    assert checker.mistakes == []


def test_a_secret_is_resolved():
    """A secret arrives as a Secret."""
    value, told = check("env:K", Secret, {"K": "s"})
    assert (value, told) == (Secret("s"), [])


def test_a_boolean_in_words_gets_a_hint():
    """Those who write `yes` are told what to write."""
    document, _ = read(b"x: yes\ny: 'true'\nz: abc\n", "f")
    checker = Checker({}, Path())
    for name, node in document.fields.items():
        checker.check(node, inspect.type_info(bool), name)
    hints = [bool(mistake.hint) for mistake in checker.mistakes]
    assert hints == [True, True, False]


def test_a_type_that_no_configuration_can_hold_is_a_programmers_mistake():
    """A plug-in with an option of another type fails at once, not in the field."""
    with pytest.raises(TypeError, match="cannot hold"):
        check("2026-11-23T00:00:00", datetime)


def test_origins_of_all_leaves_are_kept():
    """Each leaf knows its place."""
    document, _ = read(b"x: {a: [1, 2], b: {c: null}}\n", "f")
    checker = Checker({}, Path())
    checker.check(document, inspect.type_info(dict[str, Any]), "")
    assert list(checker.origins) == ["x.a[0]", "x.a[1]", "x.b.c"]


def test_convert_gives_secrets_as_they_are_typed():
    """A Secret becomes text for a plug-in that types it so, within lists too."""

    class Options(msgspec.Struct):
        a: Secret
        b: str
        c: list[str]

    value = {"a": Secret("1"), "b": Secret("2"), "c": [Secret("3")]}
    assert convert(value, Options) == Options(a=Secret("1"), b="2", c=["3"])


def test_convert_refuses_what_it_does_not_know():
    """A type that is not a secret has no way in."""

    class Other(msgspec.Struct):
        a: Path

    with pytest.raises(NotImplementedError, match="Path"):
        convert({"a": "x"}, Other)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (One, "a mapping"),
        (dict[str, int], "a mapping"),
        (tuple[int, ...], "a list"),
        (Colour, "one of red, blue"),
        (int | None, "a whole number"),
        (int | str, "a whole number or text"),
        (Any, "anything"),
        (Secret, "a secret (env:NAME or file:/path)"),
    ],
)
def test_types_have_names_for_people(kind, words):
    """A type is named as its reader would."""
    assert describe(inspect.type_info(kind)) == words

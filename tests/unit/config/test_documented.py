"""Sentences under fields."""

import msgspec

from penstock.config.documented import sentences


class Parent(msgspec.Struct):
    a: int = 1
    """From the parent."""


class Child(Parent):
    """Of the class itself."""

    b: int = 2
    """Over two
    lines."""
    c: int = 3


def test_sentences_are_read_from_the_source():
    """Inherited ones too; a field without a sentence is absent."""
    assert sentences(Child) == {"a": "From the parent.", "b": "Over two lines."}

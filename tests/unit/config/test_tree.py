"""The tree itself."""

import msgspec
import pytest

from penstock.config.tree import Config


def test_the_tree_is_frozen():
    """A configuration is a value: nobody changes it under another."""
    with pytest.raises(AttributeError):
        Config().server.port = 1


def test_unknown_fields_are_forbidden():
    """What is not known is a mistake, also when converted directly."""
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"sevrer": {}}, Config)

"""The table of grammars."""

import pytest

from penstock.chunkers.grammars import GRAMMARS
from penstock.chunkers.syntax import _tools


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_each_grammar_is_installed_and_its_patterns_are_valid(language):
    """A row whose patterns the grammar does not know would fail when the first file is read."""
    parser, query = _tools(language)
    assert parser.parse(b"").root_node is not None
    assert query.capture_count > 0

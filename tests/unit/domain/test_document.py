"""Files in pieces."""

from penstock.domain.document import Definition


def test_a_definition_is_called_with_its_parents():
    """A method is `Class.method`, a function just itself."""
    assert Definition("send", "function", 0, 9, 5, "Session").qualified == "Session.send"
    assert Definition("send", "function", 0, 9, 5).qualified == "send"

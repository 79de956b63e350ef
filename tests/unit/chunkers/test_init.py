"""Chunkers are found by their files."""

from penstock.chunkers import Chunkers


def test_every_language_has_its_chunker():
    """The folder is looked through once, when the first one is asked for."""
    found = Chunkers()
    assert {"python", "markdown", "yaml", "notebook", "diff", "text"} <= set(found)
    assert found["python"] is found["rust"]
    assert len(found) > 20

"""Joining an index to its chunkers."""

import subprocess

from penstock.app.indexing import index_of
from penstock.context.git import Git
from penstock.storage.index import IndexStore


def test_an_index_can_cut_any_text(tmp_path):
    """The index that is joined reads a repository whose files are in no known language."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    store = IndexStore.open(tmp_path / "index.db")
    try:
        assert "text" in index_of(Git.find(tmp_path), store)._chunkers
    finally:
        store.close()

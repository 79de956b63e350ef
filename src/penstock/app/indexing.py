"""Joins the index of a repository to the plug-ins that cut its files."""

from penstock.chunkers import Chunkers
from penstock.context.git import Git
from penstock.context.index import Index
from penstock.storage.index import IndexStore


def index_of(git: Git, store: IndexStore) -> Index:
    """Return the index that `store` keeps; a chunker is loaded when a file asks for it."""
    return Index(git, store, Chunkers())

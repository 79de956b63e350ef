"""The index of a repository, opened for a command."""

import subprocess

import pytest

from penstock.cli.parts.repository import opened
from penstock.cli.parts.trouble import Trouble
from penstock.context.git import Git
from penstock.context.index import store_path


def test_a_broken_index_is_trouble_with_a_hint(tmp_path):
    """A file that is no database is named, and what to do about it."""
    subprocess.run(["git", "init", "-q", str(tmp_path / "code")], check=True)
    file = store_path(tmp_path / "data", Git.find(tmp_path / "code"))
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 5000)
    with pytest.raises(Trouble, match=file.name) as trouble, opened(tmp_path / "code", tmp_path / "data"):
        pass
    assert "remove" in trouble.value.hint


def test_no_repository_is_trouble(tmp_path):
    """The path is said."""
    with pytest.raises(Trouble, match="not a git repository"), opened(tmp_path, tmp_path / "data"):
        pass

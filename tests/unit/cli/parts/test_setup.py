"""Configuration and database of a command."""

import pytest

from penstock.cli.parts import setup
from penstock.cli.parts.trouble import Trouble
from penstock.storage.database import Database


def test_a_configuration_is_loaded_or_the_command_ends(shell):
    """With 2, and every mistake."""
    shell.write("server: {port: 5}\n")
    assert setup.load(setup.source(None, None)).config.server.port == 5
    shell.write("server: {prot: 5}\n")
    with pytest.raises(Trouble) as caught:
        setup.load(setup.source(None, None))
    assert caught.value.code == 2
    assert "1 mistake\n" in caught.value.message


def test_only_a_foreign_file_is_foreign(tmp_path):
    """None, an empty one and SQLite's own are fine."""
    database = Database("sqlite", tmp_path)
    assert not setup.is_foreign(database)
    database.file.write_bytes(b"")
    assert not setup.is_foreign(database)
    database.file.write_bytes(b"SQLite format 3\0...")
    assert not setup.is_foreign(database)
    database.file.write_bytes(b"PK")
    assert setup.is_foreign(database)
    assert not setup.is_foreign(Database("postgresql://u@127.0.0.1/d", tmp_path))

"""What connect prints and writes."""

import msgspec
import pytest

from penstock.cli.parts import connecting
from penstock.cli.parts.clients import CLIENTS, File
from penstock.cli.parts.connecting import Edit, Wish
from penstock.cli.parts.trouble import Trouble

WISH = Wish(client="codex", url=None, key="k", model=None, config=None, data=None, environment=None)


def test_a_link_stays_a_link(shell):
    """Settings that are kept elsewhere, in a repository of dot files, are written there."""
    shell.write()
    kept = shell.folder / "dotfiles.toml"
    kept.write_text("a = 1\n")
    link = shell.folder / ".codex" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(kept)
    connecting.write(WISH, dry_run=False, as_json=False)
    assert link.is_symlink()
    assert kept.read_text().startswith("a = 1\n")
    assert "[model_providers.penstock]" in kept.read_text()


def test_json_says_what_was_refused(shell, capsys):
    """For programs, the refusal is a value, and the exit code is still 1."""
    shell.write()
    file = shell.folder / ".claude" / "settings.json"
    file.parent.mkdir()
    file.write_text("// mine\n")
    with pytest.raises(Trouble):
        connecting.write(msgspec.structs.replace(WISH, client="claude-code"), dry_run=False, as_json=True)
    (found,) = msgspec.json.decode(capsys.readouterr().out)
    assert found["written"] is False
    assert "comments" in found["refused"]


def test_a_file_without_home_is_in_this_folder():
    """A path that says nothing else is from here."""
    assert str(connecting._place(File(path=".env", form="dotenv", content={}), {})) == ".env"


def test_a_client_without_commands_ends_quietly(shell, capsys):
    """After writing, there may be nothing more to run."""
    shell.write()
    connecting.write(msgspec.structs.replace(WISH, client="instructor"), dry_run=False, as_json=False)
    assert "then:" not in capsys.readouterr().out
    assert CLIENTS["instructor"].commands == ()


def test_what_was_refused_changes_nothing(tmp_path):
    """A refused edit is never written."""
    assert not Edit(path=tmp_path, before="", after="x", refused="no").changes
    assert Edit(path=tmp_path, before="", after="x").changes

"""The first start."""

import pytest

from penstock.app.plugins import Kinds
from penstock.cli.parts import first
from penstock.cli.parts.discover import combine
from penstock.cli.parts.trouble import Trouble
from penstock.config.load import Source, load
from penstock.domain.keys import parse_key
from penstock.failures import StorageUnavailable
from penstock.storage.migrate import MigrationFailed


def loaded(**sections):
    return load(None, env={"K": "s"}, kinds=Kinds(), discovered=sections)


def test_a_first_key_is_made_once(tmp_path):
    """At the second start there is one already."""
    key = first.first_key(loaded(), tmp_path)
    assert parse_key(key) is not None
    assert first.first_key(loaded(), tmp_path) is None


def test_with_keys_in_the_configuration_none_is_made(tmp_path):
    """Who keeps keys in the configuration wants no other."""
    assert first.first_key(loaded(keys=[{"name": "a", "secret": "env:K"}]), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [StorageUnavailable("away"), MigrationFailed("restored")])
def test_a_database_in_trouble_ends_the_start(tmp_path, monkeypatch, error):
    """One line says why."""

    def fail(_database):
        raise error

    monkeypatch.setattr(first, "migrate", fail)
    with pytest.raises(Trouble, match=str(error)):
        first.first_key(loaded(), tmp_path)


def test_what_was_found_is_said_and_used(capsys):
    """Each finding is a line, and the configuration stands on it."""
    found = combine({"OPENAI_API_KEY": "x"}, ())
    first.tell(found)
    assert capsys.readouterr().out == "no configuration; found:\n  openai: key in OPENAI_API_KEY\n"
    made_of = first.with_discovered(Source(path=None, env={}), found)
    assert list(made_of.discovered["providers"]) == ["openai"]


def test_the_announcement_can_be_pasted():
    """`ready` and the address; with a new key, a whole curl."""
    assert first.announcement("http://h:1", None, "m") == "ready http://h:1"
    text = first.announcement("http://h:1", "psk_k", "m")
    assert text.startswith("ready http://h:1\n")
    assert "curl http://h:1/v1/chat/completions \\\n" in text
    assert """-d '{"model": "m", "messages": [{"role": "user", "content": "Say hello."}]}'\n""" in text

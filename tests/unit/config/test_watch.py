"""Reloading."""

import pytest

from penstock.config.load import Loaded
from penstock.config.mistakes import ConfigInvalid
from penstock.config.watch import Watcher


@pytest.fixture
def watcher(workshop):
    return Watcher(workshop.load("server: {port: 1}\n"))


def test_nothing_changed_is_nothing(watcher):
    """A look at files that did not change reads none."""
    assert watcher.poll() is None


def test_a_change_is_loaded_once(watcher, workshop):
    """A changed file gives the new configuration, then nothing."""
    workshop.write("server: {port: 22}\n")
    found = watcher.poll()
    assert isinstance(found, Loaded)
    assert found.config.server.port == 22
    assert watcher.poll() is None


def test_a_bad_change_is_told_once_and_a_good_one_ends_it(watcher, workshop):
    """Mistakes are told when they change; what mends them is taken."""
    workshop.write("server: {prot: 1}\n")
    assert isinstance(watcher.poll(), ConfigInvalid)
    assert watcher.poll() is None
    workshop.write("server: {prto: 11}\n")
    assert isinstance(watcher.poll(), ConfigInvalid)
    workshop.write("server: {port: 3}\n")
    found = watcher.poll()
    assert isinstance(found, Loaded)
    assert found.config.server.port == 3


def test_what_mends_it_may_be_a_file_that_was_not_known(watcher, workshop):
    """While there are mistakes, all is read again: a secret's file may appear."""
    workshop.write("keys: [{name: a, secret: 'file:k'}]\n")
    assert isinstance(watcher.poll(), ConfigInvalid)
    secret = workshop.write("s", "k")
    secret.chmod(0o600)
    assert isinstance(watcher.poll(), Loaded)
    secret.write_text("another")
    assert isinstance(watcher.poll(), Loaded)


def test_a_file_that_went_away_is_a_mistake(watcher, workshop):
    """The configuration in use stays when its file is removed."""
    workshop.path.unlink()
    assert isinstance(watcher.poll(), ConfigInvalid)

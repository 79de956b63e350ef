"""penstock version."""

from penstock import __version__
from penstock.cli import version


def test_versions_are_printed(shell):
    """Ours first, then Python's and those of what matters."""
    assert shell("version") == 0
    assert shell.out.splitlines()[0].split() == ["penstock", __version__]
    assert shell.json("version")["penstock"] == __version__


def test_what_is_not_installed_is_said(shell, monkeypatch):
    """A package that is missing is not an error."""
    monkeypatch.setattr(version, "PACKAGES", ("no-such-package",))
    assert shell.json("version")["no-such-package"] == "not installed"


def test_the_flag_prints_it_too(shell):
    """--version is what people try first."""
    assert shell("--version") == 0
    assert __version__ in shell.out

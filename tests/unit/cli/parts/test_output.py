"""Tables and colours."""

import sys

import pytest

from penstock.cli.parts import output


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_table_is_aligned(capsys):
    """Texts to the left, numbers to the right, no spaces at the end."""
    output.print_table(("name", "n"), [("a", "1,000"), ("bcdef", "2")], right=(1,))
    assert capsys.readouterr().out == "name       n\na      1,000\nbcdef      2\n"


def test_where_nobody_looks_there_are_no_colours():
    """A pipe gets plain text."""
    assert output.paint("x", "1") == "x"


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_there_are_colours():
    """A terminal gets them."""
    assert output.paint("x", "1") == "\033[1mx\033[0m"


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_declined(monkeypatch, name, value):
    """NO_COLOR and a dumb terminal mean plain text."""
    monkeypatch.setenv(name, value)
    assert output.paint("x", "1") == "x"

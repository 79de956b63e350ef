"""What goes wrong, in one line."""

import sys

import pytest

from penstock.cli.parts.trouble import Trouble, explained


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (Trouble("no"), 1, "penstock: no\n"),
        (Trouble("no", "do this", 2), 2, "penstock: no\n  do this\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "penstock: /x: Permission denied\n"),
        (OSError("odd"), 1, "penstock: odd\n"),
    ],
)
def test_an_error_is_a_line_and_an_exit_code(capsys, error, code, told):
    """Nobody sees a traceback for what can happen."""
    with pytest.raises(SystemExit) as left, explained():
        raise error
    assert left.value.code == code
    assert capsys.readouterr().err == told


def test_a_reader_that_went_away_is_told_nothing(monkeypatch):
    """`penstock keys list | head -1` ends quietly."""
    closed = []
    monkeypatch.setattr(sys.stderr, "close", lambda: closed.append(True))
    with pytest.raises(SystemExit), explained():
        raise BrokenPipeError
    assert closed == [True]


def test_what_nobody_foresaw_is_not_hidden():
    """A programmer's mistake keeps its traceback."""
    with pytest.raises(KeyError), explained():
        raise KeyError

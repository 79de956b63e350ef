"""The command line, run as from a shell, in a home and a folder of its own."""

import json
import sys
from pathlib import Path

import pytest

from penstock.__main__ import main
from penstock.cli.parts import checked, connecting
from penstock.cli.parts.discover import combine

CONFIG = """\
server: {port: 0}
providers:
  off: {kind: offline}
models:
  m: {targets: [{provider: off, model: offline}]}
prices:
  off/offline: {input: 1, output: 2}
"""


class Shell:
    """Runs commands; `out` and `err` are of the last one."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.out = self.err = ""
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *args: str) -> int:
        """Run `penstock ARGS`; return the exit code."""
        self._patch.setattr(sys, "argv", ["penstock", *args])
        self._capsys.readouterr()
        try:
            main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        else:
            code = 0
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *args: str):
        """Run `penstock ARGS --json`; return what it printed."""
        self(*args, "--json")
        return json.loads(self.out)

    def write(self, text: str = CONFIG, name: str = "penstock.yaml") -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def shell(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PENSTOCK_DATA", str(tmp_path / "data"))
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "LLM_USER_PATH", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for module in (checked, connecting):  # unit tests open no socket
        monkeypatch.setattr(module, "discover", lambda env: combine(env, ()))
    return Shell(tmp_path, capsys, monkeypatch)

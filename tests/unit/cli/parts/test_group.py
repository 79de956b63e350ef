"""Commands found by their files."""

import subprocess
import sys

import pytest

from penstock.cli.parts import group


def test_each_file_is_a_command_with_its_first_line(shell):
    """The help names every command, with the first line of its file."""
    assert shell("--help") == 0
    for name in ("up", "keys", "config", "doctor", "connect", "explain", "completion", "version"):
        assert f"  {name} " in shell.out
    assert "Start the server" in shell.out
    assert "Exit codes:" in shell.out


def test_the_name_before_a_colon_is_not_repeated(tmp_path, monkeypatch):
    """Some files begin with `penstock NAME: what it does`."""
    (tmp_path / "dance.py").write_text('"""penstock dance: move to music."""\n')
    monkeypatch.setattr(group, "FOLDER", tmp_path)
    assert group._headline("dance") == "move to music"


@pytest.mark.parametrize(
    ("name", "hint"), [("dcotor", " Did you mean `doctor`?"), ("xyz", ""), ("--xyz", None)]
)
def test_an_unknown_command_names_the_nearest(shell, name, hint):
    """A mistyped command is a mistake of usage."""
    assert shell(name) == 2
    if hint is not None:
        assert f"There is no command `{name}`.{hint}\n" in shell.err


def test_a_file_that_is_gone_is_no_command(shell):
    """Asking for a command that is not there gives nothing."""
    assert group.penstock.get_command(None, "nothing") is None


def test_the_help_loads_no_heavy_module():
    """`penstock --help` imports neither the app nor the database."""
    program = (
        "import sys\n"
        "from penstock.__main__ import main\n"
        "sys.argv = ['penstock', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(sorted({'sqlalchemy', 'aiohttp', 'msgspec', 'yaml', 'rich', 'asyncio'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_log_sees_lines_as_they_come(shell, monkeypatch):
    """Where nobody looks, output is still flushed line by line."""
    seen = []
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **how: seen.append(how), raising=False)
    shell("version")
    assert seen == [{"line_buffering": True}]

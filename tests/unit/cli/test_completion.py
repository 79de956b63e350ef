"""penstock completion."""

import pytest


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell, kind):
    """The script asks penstock itself for completions."""
    assert shell("completion", kind) == 0
    assert f"_PENSTOCK_COMPLETE={kind}_complete" in shell.out


def test_another_shell_is_refused(shell):
    """A shell without completion is a mistake of usage."""
    assert shell("completion", "cmd") == 2

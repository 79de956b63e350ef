"""penstock connect."""

import json
import stat

import pytest

from penstock.cli.parts.clients import CLIENTS


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_is_told_what_to_set(shell, client):
    """Address, key and model are filled in everywhere."""
    shell.write()
    assert shell("connect", client, "--key", "psk_k", "--url", "http://host:1/v1/") == 0
    assert "http://host:1" in shell.out
    assert "/v1/v1" not in shell.out
    for placeholder in ("{base}", "{v1}", "{key}", "{model}"):
        assert placeholder not in shell.out
    told = shell.json("connect", client, "--key", "psk_k")
    assert told["url"] == "http://127.0.0.1:0"
    assert told["title"] == CLIENTS[client].title


def test_without_a_key_it_says_how_to_get_one(shell):
    """And of the configuration, the first model is taken."""
    shell.write()
    shell("connect", "openai-python")
    assert "export OPENAI_API_KEY=YOUR_KEY" in shell.out
    assert "A key: penstock keys create --name openai-python" in shell.out
    assert 'model="m"' in shell.out


def test_without_a_configuration_a_found_model_is_taken(shell):
    """What `penstock up` would serve."""
    shell("connect", "openai-python")
    assert 'model="offline"' in shell.out


def test_a_broken_configuration_does_not_hinder(shell):
    """The usual address is told."""
    shell.write("server: {host: 0.0.0.0, prot: 1}\n")
    shell("connect", "curl")
    assert "http://127.0.0.1:4141/v1" in shell.out
    shell.write("server: {host: 0.0.0.0}\nmodels: {}\n")
    shell("connect", "curl")
    assert "http://127.0.0.1:4141/v1" in shell.out
    assert '"model": "MODEL"' in shell.out


def test_writing_shows_the_difference_and_makes_a_key(shell):
    """A new file with mode 600, and a key in the database."""
    shell.write()
    assert shell("connect", "claude-code", "--write") == 0
    file = shell.folder / ".claude" / "settings.json"
    written = json.loads(file.read_text())
    assert written["env"]["ANTHROPIC_AUTH_TOKEN"].startswith("psk_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "+++ " in shell.out
    assert [row["name"] for row in shell.json("keys", "list")] == ["claude-code"]


def test_a_dry_run_writes_nothing(shell):
    """The difference is shown, and no file and no key is made."""
    shell.write()
    assert shell("connect", "codex", "--dry-run") == 0
    assert "+[model_providers.penstock]" in shell.out
    assert not (shell.folder / ".codex").exists()
    assert not shell.data.exists()


def test_a_file_that_is_there_is_merged_and_copied(shell):
    """The rest of it stays; a copy of the old one is kept; its mode stays."""
    shell.write()
    file = shell.folder / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text("# mine\nmodel = 'x'\n\n[tui]\na = 1\n")
    file.chmod(0o640)
    assert shell("connect", "codex", "--write", "--key", "k") == 0
    text = file.read_text()
    assert text.startswith('# mine\nmodel = "m"\n')
    assert "[tui]\na = 1\n" in text
    (copy,) = file.parent.glob("config.toml.*.bak")
    assert copy.read_text().startswith("# mine\nmodel = 'x'")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert "export PENSTOCK_API_KEY=k" in shell.out


def test_writing_twice_changes_nothing_more(shell):
    """The second time there is no difference, and no second copy."""
    shell.write()
    for _ in range(2):
        assert shell("connect", "continue", "--write", "--key", "k") == 0
    assert "nothing to change" in shell.out
    assert len(list((shell.folder / ".continue").iterdir())) == 1


def test_what_the_file_says_itself_stays(shell):
    """Defaults are set only where the file does not say otherwise."""
    shell.write()
    file = shell.folder / ".continue" / "config.yaml"
    file.parent.mkdir()
    file.write_text("name: Mine\nversion: 2.0.0\nschema: v1\n")
    assert shell("connect", "continue", "--write", "--key", "k") == 0
    assert file.read_text().startswith("name: Mine\nversion: 2.0.0\nschema: v1\nmodels:\n- name: Penstock\n")


def test_what_cannot_be_merged_is_told(shell):
    """A file with comments in JSON is not touched; what to add is shown."""
    shell.write()
    file = shell.folder / ".config" / "zed" / "settings.json"
    file.parent.mkdir(parents=True)
    file.write_text("// mine\n{}\n")
    assert shell("connect", "zed", "--write", "--key", "k") == 1
    assert "cannot be merged" in shell.out
    assert '"api_url": "http://127.0.0.1:0/v1"' in shell.out
    assert file.read_text() == "// mine\n{}\n"


def test_sdks_get_their_variables_in_dotenv(shell):
    """Clients that know only variables get them in .env of this folder."""
    shell.write()
    (shell.folder / ".env").write_text("A=1\nOPENAI_API_KEY=old\n")
    found = shell.json("connect", "openai-python", "--write", "--key", "k")
    assert found[0]["written"]
    assert (shell.folder / ".env").read_text() == (
        "A=1\nOPENAI_API_KEY=k\nOPENAI_BASE_URL=http://127.0.0.1:0/v1\n"
    )


def test_a_client_without_files_cannot_be_written(shell):
    """What has to be done by hand is said."""
    assert shell("connect", "cursor", "--write") == 1
    assert (
        shell.err
        == "penstock: Cursor keeps its settings to itself: nothing to write\n  penstock connect cursor\n"
    )


def test_the_clients_own_folders_are_respected(shell, monkeypatch):
    """A variable of the client's, or XDG's, says where its files are."""
    monkeypatch.setenv("CODEX_HOME", "/elsewhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
    assert shell.json("connect", "codex")["files"][0]["path"] == "/elsewhere/config.toml"
    assert shell.json("connect", "zed")["files"][0]["path"] == "/xdg/zed/settings.json"
    assert shell.json("connect", "llm")["files"][1]["path"].endswith("io.datasette.llm/keys.json")


def test_an_unknown_client_is_refused(shell):
    """The list of clients is in the help."""
    assert shell("connect", "nothing") == 2
    assert shell("connect", "--help") == 0
    assert "claude-code       Claude Code" in shell.out

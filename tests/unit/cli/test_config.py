"""penstock config."""

import json


def test_a_good_configuration_is_summed_up(shell):
    """What was found is counted."""
    shell.write()
    assert shell("config", "check") == 0
    assert shell.out == "penstock.yaml: no mistakes (1 provider, 1 model, 0 keys)\n"
    assert shell.json("config", "check") == {"ok": True, "mistakes": []}


def test_all_mistakes_are_told_and_the_exit_code_is_2(shell):
    """Each with its place, on stderr; nothing on stdout."""
    shell.write("server: {prot: 1}\nrecords: {content: off}\n")
    assert shell("config", "check") == 2
    assert shell.out == ""
    assert shell.err.startswith(
        "penstock: the configuration has 2 mistakes\n\npenstock.yaml:1:10: unknown field"
    )
    found = shell.json("config", "check")
    assert found["mistakes"][0] == {
        "file": "penstock.yaml",
        "line": 1,
        "column": 10,
        "message": "unknown field `prot` in `server`",
        "hint": "did you mean `port`?",
    }
    assert shell("config", "check", "--json") == 2


def test_a_mistake_that_only_the_plug_in_knows_has_its_place(shell):
    """What a provider refuses at opening is told as any other mistake."""
    shell.write(
        "providers:\n  a: {kind: openai_compatible, base_url: nowhere}\n  b: {kind: openai_compatible}\n"
    )
    assert shell("config", "check") == 2
    assert "penstock.yaml:2:42: providers.a: base_url:" in shell.err
    assert "penstock.yaml:3:13: providers.b:" in shell.err


def test_values_are_shown_with_origins(shell, monkeypatch):
    """Each value, and where it came from; secrets as ***."""
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    shell.write("providers:\n  a: {kind: openai_compatible, vendor: openai, api_key: env:OPENAI_API_KEY}\n")
    assert shell("config", "show", "--origin") == 0
    assert "hunter2" not in shell.out
    lines = {line.split(": ")[0]: line for line in shell.out.splitlines()}
    assert lines["providers.a.api_key"].split()[1:] == ["***", "penstock.yaml:2:57"]
    assert lines["server.host"].endswith("default")
    shell("config", "show")
    assert "server.host: 127.0.0.1\n" in shell.out
    assert shell.json("config", "show")["server.port"] == {"value": 4141, "origin": "default"}


def test_without_a_file_what_is_found_is_shown(shell):
    """The discovered configuration is that of `penstock up`."""
    assert shell.json("config", "show")["providers.offline.kind"] == {
        "value": "offline",
        "origin": "discovered",
    }


def test_showing_a_broken_configuration_ends_with_2(shell):
    """There is nothing to show."""
    shell.write("server: 7\n")
    assert shell("config", "show") == 2


def test_the_overlay_is_asked_for_by_name(shell, monkeypatch):
    """--env, or $PENSTOCK_ENV, lays another file over."""
    shell.write()
    shell.write("server: {host: x}\n", "penstock.production.yaml")
    assert shell.json("config", "show", "--env", "production")["server.host"]["value"] == "x"
    monkeypatch.setenv("PENSTOCK_ENV", "production")
    assert shell.json("config", "show")["server.host"]["value"] == "x"


def test_the_schema_is_json(shell):
    """For editors."""
    assert shell("config", "schema") == 0
    assert "offline.Options" in json.loads(shell.out)["$defs"]


def test_the_reference_is_markdown(shell):
    """For docs/configuration.md."""
    assert shell("config", "reference") == 0
    assert shell.out.startswith("# Configuration\n")

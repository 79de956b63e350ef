"""penstock doctor."""


def test_a_healthy_house_has_no_findings(shell):
    """Before the first start nothing is wrong, and nothing is made by looking."""
    shell.write()
    assert shell("doctor") == 0
    assert "FAILURE" not in shell.out
    assert "is made at the first start" in shell.out
    assert not shell.data.exists()


def test_each_failure_names_the_command_that_mends_it(shell):
    """Exit 1, and the mending commands beside the failures."""
    shell.write()
    shell("keys", "create")
    shell.data.chmod(0o755)
    assert shell("doctor") == 1
    lines = shell.out.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("FAILURE")]
    assert "is open to others (mode 755)" in lines[at]
    assert lines[at + 1].strip() == f"-> chmod 700 {shell.data}"


def test_findings_are_there_for_programs(shell):
    """--json gives every finding with its state."""
    config = shell.write("server: {port: 0}\nsevrer: {}\n", "other.yaml")
    found = shell.json("doctor", "--config", str(config))
    assert found["ok"] is False
    (finding,) = [each for each in found["findings"] if each["name"] == "configuration"]
    assert finding["state"] == "failure"
    assert finding["mend"] == f"penstock config check --config {config}"


def test_providers_are_asked_when_wanted(shell):
    """--online asks each provider for its models."""
    shell.write()
    assert shell("doctor", "--online") == 0
    assert "provider off" in shell.out
    assert "answers, 1 models" in shell.out

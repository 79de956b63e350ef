"""`penstock drill`."""

import json

import pytest
from click.testing import CliRunner

from penstock.cli import drill
from penstock.drill.process import NotStarted
from penstock.drill.wall import Outcome

CONFIGURATION = """
providers:
  claude: {kind: anthropic, api_key: a-secret, base_url: "https://api.anthropic.com"}
  off: {kind: offline}
models:
  mine: {targets: [{provider: claude, model: m}], timeouts: {first_token: 7}}
"""


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Run the command; the drill itself is made up. Returns the result and the plans that were played."""
    plans = []

    def run(*arguments, passed=True, configuration=None, starts=True):
        async def play(plan, done):
            plans.append(plan)
            if not starts:
                raise NotStarted("port taken")
            outcomes = [
                Outcome(
                    id=case.fault.id,
                    fault=case.fault.fault,
                    must="",
                    dialect="chat",
                    form="whole",
                    recovery=case.recovery,
                    passed=passed,
                    seen="seen",
                    seconds=0.1,
                )
                for case in plan.cases[:2]
            ]
            for outcome in outcomes:
                done(outcome)
            return outcomes

        monkeypatch.setattr("penstock.drill.run.drill", play)
        monkeypatch.chdir(tmp_path)
        if configuration:
            (tmp_path / "penstock.yaml").write_text(configuration)
        return CliRunner().invoke(drill.command, arguments), plans

    return run


def test_a_wall_that_holds_exits_with_0(ran):
    """One line per case, and the sum."""
    result, _ = ran("--only", "S03,p01")
    assert result.exit_code == 0
    assert "2 of 2 cases pass" in result.output


def test_a_row_that_fails_exits_with_1(ran):
    """A script can tell."""
    result, _ = ran("--only", "S03", passed=False)
    assert result.exit_code == 1
    assert "FAIL" in result.output


def test_json_is_the_outcomes(ran):
    """For programs; no table, no bar."""
    result, _ = ran("--only", "S03", "--json")
    assert [each["id"] for each in json.loads(result.stdout)] == ["S03", "S03"]


def test_the_users_limits_are_drilled_ten_times_faster(ran):
    """The scratch copy has the user's model and none of the secrets."""
    _, (plan,) = ran("--only", "S03", configuration=CONFIGURATION)
    template = next(iter(plan.templates.values()))
    assert (plan.scale, template.timeouts.first_token, template.providers) == (
        0.1,
        7.0,
        ({"kind": "anthropic"},),
    )


def test_full_size_and_dialect_can_be_chosen(ran):
    """All times as they are, in one dialect only."""
    _, (plan,) = ran("--only", "S03", "--full", "--dialect", "messages")
    assert plan.scale == 1.0
    assert {case.name for case in plan.cases} == {"S03-messages-stream-off", "S03-messages-whole-off"}


@pytest.mark.parametrize("arguments", [["--only", "S99"], ["--model", "other"]])
def test_what_is_not_there_cannot_be_drilled(ran, arguments):
    """The user is told before anything is started."""
    result, plans = ran(*arguments, configuration=CONFIGURATION)
    assert result.exit_code != 0
    assert plans == []


def test_a_gateway_that_does_not_start_is_told(ran):
    """With what it said."""
    result, _ = ran("--only", "S03", starts=False)
    assert "port taken" in str(result.exception)

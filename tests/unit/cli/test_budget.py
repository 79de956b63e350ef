"""`penstock budget`: set budgets, and see how they stand."""

import json
import time

import msgspec
import pytest
from click.testing import CliRunner

from penstock.cli.budget import command
from penstock.cli.parts.trouble import Trouble
from penstock.domain.identity import new_id
from penstock.domain.ledger import LedgerRow
from penstock.domain.money import NANOS_PER_USD
from penstock.storage.database import Database
from penstock.storage.group import Group
from penstock.storage.migrate import migrate
from penstock.storage.sqlite_sink import SqliteSink

CONFIG = "budgets:\n- {scope: key, usd: 10}\n- {scope: feature, usd: 1, period: total}\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command on a data folder with $2.50 spent by the key k."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penstock.yaml").write_text(CONFIG)
    data = tmp_path / "data"
    data.mkdir()
    database = Database("sqlite", data)
    migrate(database)
    now = time.time()
    hold = LedgerRow(
        request_id=new_id(now),
        attempt=1,
        kind="hold",
        at=now,
        nanos=1,
        process_id="p",
        key_id="k",
        user="bob",
        model_answered="gpt",
    )
    sink = SqliteSink(database.file)
    sink.write(Group(rows=[hold, msgspec.structs.replace(hold, kind="settle", nanos=5 * NANOS_PER_USD // 2)]))
    sink.close()
    database.close()

    def invoke(*arguments, code=0):
        result = CliRunner().invoke(command, [*arguments, "--data", str(data)])
        if isinstance(result.exception, Trouble):
            return result.exception
        assert result.exit_code == code, result.output
        return result.output

    return invoke


def test_budgets_are_listed_with_what_was_spent(run):
    """Those of the configuration, and how they stand by the ledger."""
    said = run("list")
    assert "key/*/month" in said
    assert "$2.50" in said
    assert "25%" in said


def test_the_list_can_be_json(run):
    """For programs."""
    said = json.loads(run("list", "--json"))
    assert [each["scope"] for each in said["budgets"]] == ["key", "feature"]
    assert said["states"][0]["spent"] == 5 * NANOS_PER_USD // 2


def test_without_budgets_it_says_how_to_make_one(run, tmp_path):
    """And nothing else."""
    (tmp_path / "penstock.yaml").write_text("")
    assert "penstock budget set" in run("list")


def test_a_budget_is_set_and_forgotten(run):
    """It takes the place of the configured one, until it is removed."""
    assert run("set", "key", "*", "--usd", "5") == "key/*/month is $5\n"
    assert "50%" in run("list")
    assert run("set", "key", "*", "--remove") == "key/*/month is forgotten\n"
    assert "25%" in run("list")
    assert "was not set here" in run("set", "key", "*", "--remove").message


def test_a_dry_run_changes_nothing(run):
    """It only says what would be done."""
    assert run("set", "key", "*", "--usd", "5", "--dry-run").startswith("would be done")
    said = json.loads(run("set", "key", "*", "--usd", "5", "--dry-run", "--json"))
    assert (said["id"], said["dry_run"], said["budget"]["usd"]) == ("key/*/month", True, 5.0)
    assert "25%" in run("list")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "--usd is missing"),
        (("--usd", "1", "--at-end", "cheaper"), "go together"),
        (("--usd", "1", "--cheaper", "m"), "go together"),
    ],
)
def test_what_does_not_go_together_is_refused(run, arguments, reason):
    """With what is missing."""
    assert reason in run("set", "key", "*", *arguments).message


def test_a_negative_budget_is_refused(run):
    """By click, with its exit code for usage."""
    run("set", "key", "*", "--usd", "-1", code=2)


def test_a_budget_is_explained(run):
    """What is left, until when, and what it was spent on."""
    said = run("explain", "key", "k")
    assert "key/*/month: $2.50 of $10.00 spent (25%), $7.50 left" in said
    assert "bob" in said
    assert json.loads(run("explain", "key", "k", "--json"))[0]["parts"][0]["model"] == "gpt"
    assert "has no budget" in run("explain", "user", "bob").message


def test_a_forecast_has_an_interval(run):
    """And says whether the budget will hold."""
    said = run("forecast", "key", "k")
    assert "80 % between $2.50 and" in said
    forecast = json.loads(run("forecast", "key", "k", "--json"))[0]["forecast"]
    assert forecast["low"] <= forecast["expected"] <= forecast["high"]
    assert "does not tell features apart" in run("forecast", "feature", "chat").message


def test_spending_without_a_reset_is_what_it_is(run):
    """A total never ends: the forecast is what was spent."""
    run("set", "user", "bob", "--usd", "9", "--period", "total")
    assert "user/bob/total: $2.50 at the end (never)" in run("forecast", "user", "bob")

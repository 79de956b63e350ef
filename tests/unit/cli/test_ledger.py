"""`penstock ledger verify` says whether the books are right, by its exit code too."""

import json

import msgspec
import pytest
from click.testing import CliRunner

from penstock.cli.ledger import command
from penstock.domain.ledger import LedgerRow
from penstock.storage.database import Database
from penstock.storage.group import Group
from penstock.storage.migrate import migrate
from penstock.storage.sqlite_sink import SqliteSink

HOLD = LedgerRow(request_id="r1", attempt=1, kind="hold", at=1.0, nanos=5, process_id="p", key_id="k")


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def write(data, *rows):
    data.mkdir()
    database = Database("sqlite", data)
    migrate(database)
    database.close()
    sink = SqliteSink(database.file)
    sink.write(Group(rows=list(rows)))
    sink.close()


def verify(data, *more):
    return CliRunner().invoke(command, ["verify", "--data", str(data), *more])


def test_a_sound_ledger_ends_with_0(data):
    """And says what was spent."""
    write(data, HOLD, msgspec.structs.replace(HOLD, kind="settle", nanos=2_500_000_000))
    result = verify(data)
    assert result.exit_code == 0
    assert "1 attempts, $2.50 spent" in result.output
    assert "the ledger holds" in result.output


def test_a_broken_ledger_ends_with_1(data):
    """Each violation is a line."""
    write(data, msgspec.structs.replace(HOLD, kind="settle"))
    result = verify(data)
    assert result.exit_code == 1
    assert "request r1, attempt 1: ended without a hold" in result.output
    assert "the ledger is broken" in result.output


def test_the_report_can_be_json(data):
    """For programs."""
    write(data, HOLD)
    result = verify(data, "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert report["open"] == {"p": 1}
    assert report["violations"][0]["request_id"] == "r1"


def test_an_empty_folder_holds(data):
    """No database yet is no violation."""
    assert verify(data).exit_code == 0

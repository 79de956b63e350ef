"""An empty database in a folder of the test's own; tests/integration runs these tests on PostgreSQL."""

import msgspec
import pytest

from penstock.domain.ledger import LedgerRow
from penstock.storage.database import Database
from penstock.storage.group import Group
from penstock.storage.migrate import migrate
from penstock.storage.sqlite_sink import SqliteSink

HOLD = LedgerRow(
    request_id="r1",
    attempt=1,
    kind="hold",
    at=100.0,
    nanos=500,
    process_id="p1",
    key_id="k1",
    user="u1",
    team="t1",
    organization="o1",
    session="s1",
    model_asked="gpt",
    model_answered="gpt-mini",
    provider="openai",
    price_version="v1",
    estimated=True,
)


@pytest.fixture
def make():
    """Make a ledger row: `make("r1", "settle", nanos=3)`; what is not said is as in `HOLD`."""

    def row(request_id="r1", kind="hold", **others):
        if kind != "hold":
            others = {"estimated": False, "reason": "ok", **others}
        return msgspec.structs.replace(HOLD, request_id=request_id, kind=kind, **others)

    return row


@pytest.fixture
def database(tmp_path):
    opened = Database("sqlite", tmp_path)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def write(database):
    """Write a group as the writer does: `write(rows=[...])`."""
    sink = SqliteSink(database.file)
    yield lambda **parts: sink.write(Group(**parts))
    sink.close()

"""What was spent, and whether the books are right."""

import pytest

from penstock.http.admin.ledger import Ledger, Verification, routes
from penstock.storage.tables import ledger as table


def insert(connection):
    for attempt, (kind, nanos) in enumerate((("settle", 5), ("settle", 7)), start=1):
        connection.execute(
            table.insert().values(
                request_id="r",
                attempt=attempt,
                kind=kind,
                at=1000.0,
                nanos=nanos,
                process_id="p",
                key_id="k",
                team="web",
                model_asked="m",
                model_answered="m",
                provider="p",
                price_version="1",
                prompt_version="",
                estimated=False,
                reason="ok",
            )
        )


@pytest.fixture
def ask(database, gate, admin):
    database.write(insert)
    books = Ledger(database, lambda: Verification(holds=False, findings=["x"]), clock=lambda: 2000.0)
    return admin(routes(gate, books))


async def test_spending_by_scope(ask):
    """Sums of nano-dollars, in all and by scope."""
    found = (await ask("GET", "/admin/ledger/spend", query="by=team")).json()
    assert (found["total"]["nanos"], found["data"][0]["name"], found["data"][0]["nanos"]) == (12, "web", 12)


async def test_spending_of_a_period(ask):
    """What lies outside does not count; the end is not included."""
    found = (await ask("GET", "/admin/ledger/spend", query="since=0&until=1000")).json()
    assert (found["total"]["nanos"], found["data"]) == (0, [])


@pytest.mark.parametrize("query", ["by=cat", "since=x", "until=-1"])
async def test_nonsense_is_a_400(ask, query):
    """Unknown scopes and times."""
    assert (await ask("GET", "/admin/ledger/spend", query=query)).status == 400


async def test_verification(ask):
    """The findings, as sentences."""
    assert (await ask("GET", "/admin/ledger/verify")).json() == {"holds": False, "findings": ["x"]}

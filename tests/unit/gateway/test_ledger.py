"""Money is held before an attempt and ended exactly once after it."""

import asyncio

import pytest

from penstock.domain.chat import ChatRequest, Dialect
from penstock.domain.exchange import Ask
from penstock.domain.identity import Principal
from penstock.domain.ledger import LedgerRow
from penstock.domain.record import RequestRecord
from penstock.domain.usage import Usage
from penstock.gateway.ledger import Hold, Ledger


class ListJournal:
    """Keeps rows in memory; the futures are resolved by the tests."""

    def __init__(self) -> None:
        self.rows: list[LedgerRow] = []

    def append(self, row: LedgerRow) -> asyncio.Future[None]:
        self.rows.append(row)
        return asyncio.get_running_loop().create_future()

    def record(self, record: RequestRecord) -> None:
        raise AssertionError(record)


ASK = Ask(
    id="r-1",
    request=ChatRequest(dialect=Dialect.OPENAI_CHAT, body=b"{}", model="gpt"),
    principal=Principal(key_id="k-1", key_name="ci", user="u", team="t", organization="o"),
    arrived=1.0,
    arrived_at=100.0,
    session="s-1",
)


@pytest.fixture
def journal() -> ListJournal:
    return ListJournal()


@pytest.fixture
def ledger(journal: ListJournal) -> Ledger:
    times = iter(range(100, 200))
    return Ledger(journal, "p-1", lambda: float(next(times)))


def held(ledger: Ledger) -> Hold:
    return ledger.hold(ASK, 1, "openai", "gpt-mini", 500, "v1")


async def test_a_hold_names_who_pays_for_what_and_under_which_lease(
    ledger: Ledger, journal: ListJournal
) -> None:
    """The row of a hold has the caller's scopes, the target, the estimate and the process."""
    hold = held(ledger)
    assert journal.rows == [hold.row]
    assert hold.row == LedgerRow(
        request_id="r-1",
        attempt=1,
        kind="hold",
        at=100.0,
        nanos=500,
        process_id="p-1",
        key_id="k-1",
        user="u",
        team="t",
        organization="o",
        session="s-1",
        model_asked="gpt",
        model_answered="gpt-mini",
        provider="openai",
        price_version="v1",
        estimated=True,
    )
    assert hold.ended is None
    assert not hold.durable.done()


async def test_a_settlement_books_usage_cost_and_the_model_that_answered(
    ledger: Ledger, journal: ListJournal
) -> None:
    """G21: a settlement names the model that really answered."""
    usage = Usage(input_uncached=3, output_text=4)
    ledger.settle(held(ledger), usage, 420, model_answered="gpt-mini-2026-01-01")
    row = journal.rows[1]
    assert (row.kind, row.at, row.nanos, row.usage) == ("settle", 101.0, 420, usage)
    assert (row.model_answered, row.reason, row.estimated) == ("gpt-mini-2026-01-01", "ok", False)


async def test_an_answer_that_names_no_model_is_booked_under_the_targets(
    ledger: Ledger, journal: ListJournal
) -> None:
    """The target's model stands in for an answer without a name."""
    ledger.settle(held(ledger), None, None, estimated=True, reason="client_closed_request")
    row = journal.rows[1]
    assert (row.model_answered, row.nanos, row.estimated) == ("gpt-mini", None, True)
    assert row.reason == "client_closed_request"


async def test_a_release_costs_nothing(ledger: Ledger, journal: ListJournal) -> None:
    """A release books 0 and says why."""
    ledger.release(held(ledger), "upstream_unreachable")
    row = journal.rows[1]
    assert (row.kind, row.nanos, row.estimated) == ("release", 0, False)
    assert row.reason == "upstream_unreachable"


async def test_a_hold_ends_exactly_once(ledger: Ledger, journal: ListJournal) -> None:
    """Whatever is called after the first end changes nothing and gives the first end's promise."""
    hold = held(ledger)
    first = ledger.settle(hold, None, 1)
    assert ledger.settle(hold, None, 2) is first
    assert ledger.release(hold, "late") is first
    assert [row.kind for row in journal.rows] == ["hold", "settle"]


async def test_a_released_hold_cannot_be_settled(ledger: Ledger, journal: ListJournal) -> None:
    """A release is an end like any other."""
    hold = held(ledger)
    first = ledger.release(hold, "upstream_rate_limited")
    assert ledger.settle(hold, None, 2) is first
    assert [row.kind for row in journal.rows] == ["hold", "release"]

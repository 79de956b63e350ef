"""penstock explain."""

import msgspec
import pytest
from sqlalchemy import insert

from penstock.config.tree import Price
from penstock.domain.ledger import LedgerRow
from penstock.domain.record import AttemptRecord, RequestRecord
from penstock.domain.usage import Usage
from penstock.gateway.catalog import shipped
from penstock.gateway.pricing import Prices
from penstock.storage.database import Database
from penstock.storage.migrate import migrate
from penstock.storage.records import stored
from penstock.storage.tables import ledger, requests

USAGE = Usage(input_uncached=1000, cache_read=10, output_text=7)


def row(kind: str, attempt: int = 1, **more) -> LedgerRow:
    return LedgerRow(
        **{
            "request_id": "r1",
            "attempt": attempt,
            "kind": kind,
            "at": 1_790_000_000.0 + attempt,
            "nanos": 0,
            "process_id": "p",
            "key_id": "k",
            "provider": "off",
            "model_answered": "offline",
            "price_version": "",
            **more,
        }
    )


@pytest.fixture
def books(shell):
    """Write rows and a record into the database that the command reads."""

    def write(*rows: LedgerRow, record: RequestRecord | None = None) -> None:
        shell.write()
        shell.data.mkdir(exist_ok=True)
        database = Database("sqlite", shell.data)
        migrate(database)

        def insert_all(connection):
            for each in rows:
                values = msgspec.structs.asdict(each)
                if each.usage is not None:
                    values["usage"] = msgspec.json.encode(each.usage).decode()
                connection.execute(insert(ledger).values(**values))
            if record is not None:
                connection.execute(insert(requests).values(**msgspec.structs.asdict(stored(record))))

        database.write(insert_all)
        database.close()

    return write


def version(shell) -> str:
    """Return the version of the prices that the configuration sets."""
    prices = Prices(shipped(), {"off/offline": Price(input=1.0, output=2.0)})
    return prices.price("off", "off", "offline", USAGE, 0.0).version


RECORD = RequestRecord(
    id="r1",
    at=1_790_000_000.0,
    dialect="openai_chat",
    model_asked="m",
    stream=True,
    key_id="k",
    key_name="ci",
    user="u",
    team="t",
    organization="o",
    session="s",
    client="curl/8",
    target="off/offline",
    model_answered="offline",
    finish_reason="stop",
    first_token_ms=12.5,
    total_ms=1234.5,
    overhead_ms=1.0,
    dropped=("logit_bias",),
    attempts=(
        AttemptRecord(number=1, provider="off", model="offline", outcome="upstream_overloaded", status=529),
        AttemptRecord(number=2, provider="off", model="offline", key="none", first_token_ms=12.5, status=200),
    ),
)


def test_the_parts_add_up_to_the_total(shell, books):
    """Each bucket with its price, the sum exactly as booked; a free failed attempt is no line."""
    books(
        row("hold", nanos=5),
        row("release"),
        row("hold", 2, nanos=5),
        row("settle", 2, nanos=1_024_000, usage=USAGE, price_version=version(shell)),
        record=RECORD,
    )
    assert shell("explain", "r1") == 0
    lines = [line.split() for line in shell.out.splitlines()]
    assert ["2", "input_uncached", "1,000", "1", "0.001"] in lines
    assert ["2", "cache_read", "10", "1", "0.00001"] in lines
    assert ["2", "output_text", "7", "2", "0.000014"] in lines
    assert ["total", "0.001024"] in lines
    for fact in ("m (openai_chat, stream)", "ci (k), o/t/u", "curl/8", "logit_bias", "1,234.5 ms in all"):
        assert fact in shell.out


def test_everything_is_there_for_programs(shell, books):
    """Record, rows and parts; money as integers and as text."""
    books(
        row("hold"), row("settle", nanos=1_024_000, usage=USAGE, price_version=version(shell)), record=RECORD
    )
    found = shell.json("explain", "r1")
    assert found["total_usd"] == "0.001024"
    assert found["receipt"]["total_nanos"] == 1_024_000
    assert sum(part["nanos"] for part in found["receipt"]["lines"][0]["parts"]) == 1_024_000
    assert found["record"]["id"] == "r1"


def test_prices_that_changed_leave_only_the_sum(shell, books):
    """Parts are shown only if they are those that were booked."""
    books(row("hold"), row("settle", nanos=77, usage=USAGE, price_version="old", reason="ok"))
    assert shell("explain", "r1") == 0
    assert "its record is gone, the ledger is kept" in shell.out
    assert "off/offline (ok)" in shell.out
    assert "prices have changed since (old)" in shell.out
    assert "0.000000077" in shell.out


def test_an_unknown_price_is_said(shell, books):
    """It is not 0, and there is no total (G20)."""
    books(row("hold"), row("settle", nanos=None, usage=USAGE, estimated=True))
    assert shell("explain", "r1") == 0
    assert "the price of off/offline is not known" in shell.out
    assert "attempt 1 is estimated" in shell.out
    assert shell.out.count("unknown") == 2
    assert shell.json("explain", "r1")["total_usd"] is None


def test_a_request_under_way_has_no_cost_yet(shell, books):
    """A hold is not spent."""
    books(row("hold", nanos=5), record=msgspec.structs.replace(RECORD, attempts=(), code="x", message="why"))
    assert shell("explain", "r1") == 0
    assert "nothing was spent" in shell.out
    assert "under way" in shell.out
    assert "200 x: why" in shell.out


def test_usage_may_be_missing(shell, books):
    """A settlement without usage is its sum."""
    books(row("hold"), row("settle", nanos=5, reason="recovered"))
    assert shell("explain", "r1") == 0
    assert "off/offline (recovered)" in shell.out


def test_a_request_that_is_not_there_is_told(shell):
    """With where its id comes from."""
    shell.write()
    assert shell("explain", "nothing") == 1
    assert "x-penstock-request-id" in shell.err


def test_a_broken_configuration_does_not_hinder(shell, books):
    """Then only built-in prices are known."""
    books(row("hold"), row("settle", nanos=5, usage=USAGE, price_version="v"))
    shell.write("server: {prot: 1}\n")
    assert shell("explain", "r1") == 0

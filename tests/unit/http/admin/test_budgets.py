"""Pages about budgets."""

import pytest

from penstock.config.tree import Budget
from penstock.domain.counting import Claim
from penstock.failures import NotFound
from penstock.gateway.admission import Parked
from penstock.gateway.budgets import State
from penstock.gateway.ticket import Gauge
from penstock.http.admin.budgets import BudgetPages, routes

COUNTER = "budget:key:k:day:0"
GAUGE = Gauge(
    claim=Claim(key=COUNTER, unit="nanos", limit=5),
    scope="key",
    name="ci",
    figure="day",
    budget=Budget(scope="key", usd=1),
)


class Books:
    """Budgets without a database."""

    def __init__(self):
        self.granted = 0

    async def states(self):
        return [
            State(
                id="key/*/day",
                scope="key",
                name="k",
                period="day",
                counter=COUNTER,
                usd=2.0,
                nanos=2_000_000_000,
                spent=500_000_000,
                held=1,
                resets=60.0,
            )
        ]

    async def grant(self, counter, amount):
        if counter != COUNTER:
            raise NotFound("No such budget.")
        self.granted += amount
        return self.granted


@pytest.fixture
def ask(gate, admin):
    parked = [Parked(request="late", gauge=GAUGE, since=2.0), Parked(request="early", gauge=GAUGE, since=1.0)]
    return admin(routes(gate, BudgetPages(Books(), lambda: parked)))


async def test_budgets_are_shown_in_dollars(ask):
    """Exact, as text; the share is a number."""
    (shown,) = (await ask("GET", "/admin/budgets")).json()["data"]
    assert (shown["usd"], shown["spent_usd"], shown["held_usd"]) == ("2.00", "0.50", "0.000000001")
    assert (shown["share"], shown["resets"], shown["counter"]) == (0.25, 60.0, COUNTER)


async def test_parked_requests_are_shown_with_what_to_grant(ask):
    """The longest waiting first."""
    shown = (await ask("GET", "/admin/budgets/parked")).json()["data"]
    assert [(each["request"], each["counter"], each["name"]) for each in shown] == [
        ("early", COUNTER, "ci"),
        ("late", COUNTER, "ci"),
    ]


async def test_grants_add_up(ask):
    """The reply tells all that is granted."""
    body = b'{"counter":"%b","usd":0.1}' % COUNTER.encode()
    assert (await ask("POST", "/admin/budgets/grant", body)).json()["granted_usd"] == "0.10"
    assert (await ask("POST", "/admin/budgets/grant", body)).json()["granted_usd"] == "0.20"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"counter":"x","usd":1}', 404),
        (b'{"counter":"x","usd":-1}', 400),
        (b'{"usd":1}', 400),
    ],
)
async def test_what_cannot_be_granted_is_refused(ask, body, status):
    """Unknown counters and amounts that are none."""
    assert (await ask("POST", "/admin/budgets/grant", body)).status == status

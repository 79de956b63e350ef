"""What budgets are counted from, and those that were set or granted."""

import json

import msgspec
import pytest

from penstock.config.tree import Budget
from penstock.domain.identity import new_id
from penstock.storage import budgets, keys
from penstock.storage.budgets import Grant
from penstock.storage.keys import KeyRow
from penstock.storage.records import StoredRecord

NOON = 1_700_000_000.0


def spend(make, at, nanos, arrived=None, **others):
    """A hold and its settlement."""
    request = new_id(at if arrived is None else arrived)
    return [
        make(request, "hold", at=at, **others),
        make(request, "settle", at=at, nanos=nanos, **others),
    ]


@pytest.mark.parametrize(
    ("scope", "name"),
    [("key", "k1"), ("user", "u1"), ("team", "t1"), ("organization", "o1"), ("model", "gpt")],
)
def test_spending_is_told_by_name(database, write, make, scope, name):
    """Of requests that arrived since then; one that only ended since is of the period before."""
    write(
        rows=[
            *spend(make, NOON + 1, 5),
            *spend(make, NOON + 2, 7),
            *spend(make, NOON - 1, 100),
            *spend(make, NOON + 3, 1000, arrived=NOON - 2),
        ]
    )
    assert database.read(budgets.spent, scope, NOON) == {(name, ""): 12}
    assert database.read(budgets.spent, scope, NOON, name=name) == {(name, ""): 12}
    assert database.read(budgets.spent, scope, NOON, name="other") == {}


def test_requests_without_a_name_are_nobodys(database, write, make):
    """No team: no team's budget."""
    write(rows=spend(make, NOON, 5, team=None, session=None))
    assert database.read(budgets.spent, "team", 0.0) == {}
    assert database.read(budgets.spent, "key", 0.0, by_session=True) == {}


def test_sessions_are_told_apart(database, write, make):
    """Each has its own."""
    write(rows=[*spend(make, NOON, 5, session="a"), *spend(make, NOON, 7, session="b")])
    assert database.read(budgets.spent, "user", 0.0, by_session=True) == {("u1", "a"): 5, ("u1", "b"): 7}


def test_a_line_of_keys_counts_together(database, write, make):
    """G26: a rotated key keeps its spend; it is found by what it is called too."""
    first = KeyRow(public_id="k1", name="ci", hash="aa", created=1.0, lineage="k1")
    database.write(keys.create, first)
    database.write(keys.rotate, "k1", msgspec.structs.replace(first, public_id="k2", hash="bb"), 9.0)
    write(rows=[*spend(make, NOON, 5), *spend(make, NOON, 7, key_id="k2")])
    assert database.read(budgets.spent, "key", 0.0, name="ci") == {("k1", ""): 12}
    assert [part.nanos for part in database.read(budgets.parts, "key", "k1", 0.0)] == [12]


def record(feature, nanos, at=NOON, session=None):
    body = {"id": "r", "at": at, "cost_nanos": nanos}
    if feature is not None:
        body["feature"] = feature
    return StoredRecord(
        id=new_id(at),
        at=at,
        key_id="k",
        status=200,
        session=session,
        body=json.dumps(body, separators=(",", ":")),
    )


def test_features_are_found_in_the_records(database, write):
    """The ledger does not know them; a cost that is not known counts as nothing."""
    write(
        records=[
            record("chat", 5),
            record("chat", 7, session="s"),
            record("review", 1),
            record("review", None),
            record(None, 100),
            record("chat", 50, at=NOON - 10),
        ]
    )
    assert database.read(budgets.spent, "feature", NOON) == {("chat", ""): 12, ("review", ""): 1}
    assert database.read(budgets.spent, "feature", NOON, by_session=True) == {("chat", "s"): 7}


def test_spending_has_parts(database, write, make):
    """By the model that answered and by user, most first."""
    write(
        rows=[
            *spend(make, NOON, 5),
            *spend(make, NOON, 9, model_answered="large", user=None),
            *spend(make, NOON, 1),
        ]
    )
    found = database.read(budgets.parts, "team", "t1", 0.0)
    assert [(part.model, part.user, part.nanos, part.attempts) for part in found] == [
        ("large", None, 9, 1),
        ("gpt-mini", "u1", 6, 2),
    ]


def test_spending_is_told_by_the_hour(database, write, make):
    """Hours with none are left out."""
    hour = int(NOON // 3600)
    write(
        rows=[
            *spend(make, hour * 3600.0, 5),
            *spend(make, hour * 3600 + 3599.0, 6),
            *spend(make, NOON + 7200, 7),
        ]
    )
    assert database.read(budgets.hourly, "key", "k1", 0.0) == [(hour, 11), (int((NOON + 7200) // 3600), 7)]


def test_a_budget_that_is_set_replaces_the_configured_one(database):
    """By scope, name and period; what is forgotten is gone."""
    configured = (Budget(scope="key", usd=1), Budget(scope="user", usd=2))
    mine = Budget(scope="key", usd=5, mode="strict")
    database.write(budgets.put, Budget(scope="key", usd=4))
    database.write(budgets.put, mine)
    stored = database.read(budgets.listed)
    assert stored == [mine]
    assert budgets.over(configured, stored) == (mine, configured[1])
    assert database.write(budgets.remove, "key/*/month") is True
    assert database.write(budgets.remove, "key/*/month") is False
    assert database.read(budgets.listed) == []


def test_grants_add_up(database):
    """For a counter of one period."""
    first = Grant(counter="c", nanos=5, window=10.0, at=100.0)
    assert database.write(budgets.grant, first) == first
    assert database.write(budgets.grant, msgspec.structs.replace(first, nanos=7, at=200.0)).nanos == 12
    assert database.read(budgets.granted, 150.0) == [Grant(counter="c", nanos=12, window=10.0, at=200.0)]
    assert database.read(budgets.granted, 201.0) == []

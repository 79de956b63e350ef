"""Which counters a request touches."""

from penstock.config.tree import Budget, Limit
from penstock.domain.chat import ChatRequest, Dialect
from penstock.domain.exchange import Ask
from penstock.domain.identity import Principal
from penstock.gateway.quotas import PLANS, Quotas, nanos

NOW = 1_000_000_000.0


def ask(key="k", name="ci", lineage=None, feature=None, session=None, **who):
    return Ask(
        id="r",
        request=ChatRequest(dialect=Dialect.OPENAI_CHAT, body=b"{}", model="m"),
        principal=Principal(key_id=key, key_name=name, lineage=lineage, **who),
        arrived=0.0,
        arrived_at=NOW,
        feature=feature,
        session=session,
    )


def keys(quotas, asked, model="m", now=NOW):
    return [claim.key for claim in quotas.plan(asked, model, now).claims]


def test_each_scope_has_counters_of_its_own():
    """Key, user, team, organization, model and feature; those that do not apply are left out."""
    scopes = ("key", "user", "team", "organization", "model", "feature")
    quotas = Quotas([Limit(scope=scope, concurrency=1) for scope in scopes], [])
    assert keys(quotas, ask()) == ["limit:key:k:concurrency", "limit:model:m:concurrency"]
    everything = ask(user="u", team="t", organization="o", feature="chat")
    assert keys(quotas, everything) == [
        f"limit:{scope}:{name}:concurrency"
        for scope, name in zip(scopes, ("k", "u", "t", "o", "m", "chat"), strict=True)
    ]


def test_a_names_own_entry_replaces_that_of_everybody():
    """A key is named by what it is called, or by its id."""
    quotas = Quotas(
        [
            Limit(scope="key", requests_per_minute=1, tokens_per_day=5),
            Limit(scope="key", name="ci", requests_per_hour=2),
            Limit(scope="key", name="k2", concurrency=2),
        ],
        [],
    )
    assert keys(quotas, ask()) == ["limit:key:k:requests_per_hour"]
    assert keys(quotas, ask(key="k2", name="other")) == ["limit:key:k2:concurrency"]
    assert keys(quotas, ask(name="x")) == ["limit:key:k:requests_per_minute", "limit:key:k:tokens_per_day"]


def test_a_rotated_key_counts_with_its_line():
    """G26: a rotated key keeps its spend."""
    quotas = Quotas([], [Budget(scope="key", usd=1, period="total")])
    assert keys(quotas, ask(key="new", lineage="old")) == ["budget:key:old:total:0"]


def test_a_budget_begins_anew_with_its_period():
    """The plan that is kept ready is made anew."""
    quotas = Quotas([], [Budget(scope="key", usd=1, period="hour")])
    first = keys(quotas, ask())
    assert keys(quotas, ask(), now=NOW + 1) == first
    assert keys(quotas, ask(), now=NOW + 3600) != first


def test_a_session_has_its_own_budget():
    """Requests without a session have none."""
    quotas = Quotas([], [Budget(scope="user", usd=1, period="session")])
    assert keys(quotas, ask(user="u")) == []
    assert keys(quotas, ask(user="u", session="s")) == ["budget:user:u:session:s"]


def test_dollars_are_taken_as_written():
    """Not as the nearest binary fraction."""
    assert nanos(0.1) == 100_000_000
    assert nanos(1234.567891234) == 1_234_567_891_234


def test_names_without_end_do_not_fill_the_memory():
    """Features come from clients: the memo is bounded."""
    quotas = Quotas([Limit(scope="feature", concurrency=1)], [])
    for number in range(PLANS + 10):
        quotas.plan(ask(feature=str(number)), "m", NOW)
    assert len(quotas._plans) <= PLANS


def test_rules_are_there_or_not():
    """Without any, the gate does nothing."""
    assert not Quotas([], [])
    assert Quotas([Limit(scope="key", concurrency=1)], [])

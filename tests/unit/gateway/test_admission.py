"""The gate: limits and budgets before a request costs anything."""

import asyncio
import time

import pytest

from penstock import failures
from penstock.config.tree import Budget, Limit
from penstock.domain.chat import Dialect
from penstock.domain.counting import Claim
from penstock.domain.money import NANOS_PER_USD
from penstock.gateway.run import Run


async def outcomes(hot, asks):
    """How many were answered, and the failures of the others."""
    found = await asyncio.gather(*(hot.gateway.complete(ask) for ask in asks), return_exceptions=True)
    failed = [each for each in found if isinstance(each, Exception)]
    assert all(isinstance(each, failures.Failure) for each in failed), failed
    return len(found) - len(failed), failed


async def test_without_limits_nothing_is_said(rig, kit) -> None:
    """No limits and budgets: no headers, and no store is asked."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    reply = await hot.gateway.complete(hot.ask())
    assert not any("ratelimit" in name for name in reply.headers)


async def test_a_request_that_no_limit_is_for_passes(rig, kit) -> None:
    """Scopes that do not apply do not count: this key has no user, and another model is limited."""
    limits = [
        Limit(scope="user", requests_per_minute=1),
        Limit(scope="model", name="n", requests_per_minute=1),
    ]
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")}, limits=limits)
    assert (await outcomes(hot, [hot.ask(), hot.ask()]))[0] == 2


async def test_exactly_the_limit_of_500_passes(rig, kit) -> None:
    """Of 500 concurrent requests against a limit of 100, exactly 100 pass; the others learn when."""
    hot = rig(
        {"a": kit.provider()},
        {"m": kit.model("a/x")},
        limits=[Limit(scope="key", requests_per_minute=100), Limit(scope="organization", concurrency=500)],
    )
    passed, refused = await outcomes(hot, [hot.ask() for _ in range(500)])
    assert passed == 100
    assert {failure.code for failure in refused} == {"limit_key_requests_per_minute"}
    assert all(failure.status == 429 and 59 < failure.retry_after < 61 for failure in refused)
    assert hot.journal.kinds().count("hold") == 100
    assert hot.recorder.records[-1].status == 429
    await hot.settled()


@pytest.mark.parametrize("stream", [False, True])
async def test_every_reply_says_how_limits_stand(rig, kit, stream) -> None:
    """G11: OpenAI's headers, draft 10 of the IETF, and X-RateLimit-*, on replies and on refusals."""
    limits = [Limit(scope="key", requests_per_minute=1, tokens_per_minute=10_000, concurrency=3)]
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")}, limits=limits)
    reply = await hot.gateway.complete(hot.ask(stream=stream))
    if stream:
        await reply.aclose()
    headers = reply.headers
    assert headers["x-ratelimit-limit-requests"] == "1"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-ratelimit-reset-requests"] == "1m0s"
    assert headers["x-ratelimit-remaining"] == "0"
    assert float(headers["x-ratelimit-reset"]) == pytest.approx(time.time() + 60, abs=2)
    assert int(headers["x-ratelimit-remaining-tokens"]) < 10_000
    assert headers["ratelimit-policy"] == (
        '"key_requests_per_minute";q=1;w=60, "key_tokens_per_minute";q=10000;qu="tokens";w=60, '
        '"key_concurrency";q=3;qu="concurrent-requests"'
    )
    assert headers["ratelimit"].startswith('"key_requests_per_minute";r=0;t=60, ')
    assert headers["ratelimit"].endswith('"key_concurrency";r=2')
    with pytest.raises(failures.LimitReached) as refused:
        await hot.gateway.complete(hot.ask())
    assert refused.value.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.value.retryable


async def test_tokens_are_settled_by_truth(rig, kit) -> None:
    """Held by estimate, settled by what was used: the second request finds the truth of the first."""
    limits = [Limit(scope="model", tokens_per_minute=5000)]
    hot = rig({"a": kit.provider(kit.line(text="Yes."))}, {"m": kit.model("a/x")}, limits=limits)
    await hot.text(hot.ask())
    used = hot.record.usage.input_tokens + hot.record.usage.output_tokens
    standing = await hot.store.hold(
        "look", [Claim(key="limit:model:m:tokens_per_minute", unit="tokens", limit=5000, window=60.0)], [0]
    )
    assert standing.used == (used,)


async def test_a_guess_does_not_shut_out_for_good(rig, kit) -> None:
    """An estimate beyond the whole limit passes where nothing else is; an input beyond it never does."""
    hot = rig(
        {"a": kit.provider()}, {"m": kit.model("a/x")}, limits=[Limit(scope="key", tokens_per_minute=200)]
    )
    assert (await outcomes(hot, [hot.ask()]))[0] == 1
    with pytest.raises(failures.LimitReached, match="alone is over") as refused:
        await hot.gateway.complete(hot.ask(more={"messages": [{"role": "user", "content": "x" * 2000}]}))
    assert refused.value.headers["x-should-retry"] == "false"
    assert refused.value.retry_after is None


async def test_shadows_report_and_let_pass(rig, kit) -> None:
    """mode: shadow."""
    limits = [Limit(scope="key", requests_per_minute=1, mode="shadow")]
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")}, limits=limits)
    assert (await outcomes(hot, [hot.ask() for _ in range(3)]))[0] == 3
    assert hot.admission.counts == {("key", "requests_per_minute", "shadowed"): 2}


async def test_slots_come_back_however_it_ends(rig, kit) -> None:
    """Answers, failures, leaving clients and faults of our own all give their slot back."""
    provider = kit.provider(kit.line(), kit.line(status=400, body="{}"), kit.line(wait=30), time_scale=1)
    hot = rig({"a": provider}, {"m": kit.model("a/x")}, limits=[Limit(scope="key", concurrency=1)])
    await hot.text(hot.ask())
    with pytest.raises(failures.Failure, match="400"):
        await hot.gateway.complete(hot.ask())
    answering = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.01)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    await hot.settled()
    hot.gateway._clock = None  # a fault of our own
    with pytest.raises(TypeError):
        await hot.gateway.complete(hot.ask())
    standing = await hot.store.hold("x", [Claim(key="limit:key:k:concurrency", unit="slots", limit=1)], [1])
    assert standing.hold is not None


async def test_those_who_wait_take_turns(rig, kit) -> None:
    """wait_up_to: a greedy user's second request comes after another user's first; positions are told."""
    hot = rig(
        {"a": kit.provider(kit.line(wait=0.02), time_scale=1)},
        {"m": kit.model("a/x")},
        limits=[Limit(scope="model", concurrency=1, wait_up_to="5s")],
    )
    order: list[str] = []

    async def ask(user: str) -> str:
        reply = await hot.gateway.complete(hot.ask(key=user))
        order.append(user)
        return reply.headers.get("x-penstock-queue-position", "")

    asked = []
    for user in ("greedy", "greedy", "greedy", "modest"):
        asked.append(asyncio.ensure_future(ask(user)))
        await asyncio.sleep(0.001)
    assert await asyncio.gather(*asked) == ["", "1", "2", "2"]
    assert order == ["greedy", "greedy", "modest", "greedy"]
    assert hot.admission.counts["model", "concurrency", "waited"] == 3
    await hot.settled()
    assert not hot.admission._lines


async def test_patience_ends(rig, kit) -> None:
    """Who waited as long as allowed is refused, and stands in no line any more."""
    hot = rig(
        {"a": kit.provider(kit.line(wait=0.3), time_scale=1)},
        {"m": kit.model("a/x")},
        limits=[Limit(scope="model", concurrency=1, wait_up_to=0.05)],
    )
    first = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.01)
    with pytest.raises(failures.LimitReached) as refused:
        await hot.gateway.complete(hot.ask())
    assert refused.value.code == "limit_model_concurrency"
    assert refused.value.headers["x-penstock-queue-position"] == "1"
    await first
    await hot.settled()


async def test_a_wait_that_is_too_long_is_not_begun(rig, kit) -> None:
    """A minute's window does not free within 5 seconds: 429 at once."""
    limits = [Limit(scope="key", requests_per_minute=1, wait_up_to="5s")]
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")}, limits=limits)
    assert (await outcomes(hot, [hot.ask()]))[0] == 1
    started = time.monotonic()
    with pytest.raises(failures.LimitReached):
        await hot.gateway.complete(hot.ask())
    assert time.monotonic() - started < 1


async def test_a_client_that_leaves_the_line_holds_nothing(rig, kit) -> None:
    """Also when its turn came in the same moment."""
    hot = rig(
        {"a": kit.provider(kit.line(wait=0.05), time_scale=1)},
        {"m": kit.model("a/x")},
        limits=[Limit(scope="model", concurrency=1, wait_up_to=5)],
    )
    first = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.01)
    early, late = (asyncio.ensure_future(hot.gateway.complete(hot.ask())) for _ in range(2))
    await asyncio.sleep(0.01)
    early.cancel()
    give = hot.admission._lines._give

    def give_and_cancel(waiter, standing):
        give(waiter, standing)
        late.cancel()

    hot.admission._lines._give = give_and_cancel
    await first
    for left in (early, late):
        with pytest.raises(asyncio.CancelledError):
            await left
    await hot.settled()
    standing = await hot.store.hold("x", [Claim(key="limit:model:m:concurrency", unit="slots", limit=1)], [1])
    assert standing.hold is not None


async def test_lines_of_others_are_passed_by(rig, kit) -> None:
    """Who is not limited by what others wait for goes on at once; its shadow is noted."""
    hot = rig(
        {"a": kit.provider(kit.line(wait=0.05), time_scale=1)},
        {"m": kit.model("a/x"), "n": kit.model("a/y")},
        limits=[
            Limit(scope="model", name="m", concurrency=1, wait_up_to=5),
            Limit(scope="key", requests_per_minute=1, concurrency=9, mode="shadow"),
        ],
    )
    waiting = [asyncio.ensure_future(hot.gateway.complete(hot.ask())) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert (await hot.gateway.complete(hot.ask(model="n"))).status == 200
    await asyncio.gather(*waiting)
    assert hot.admission.counts["key", "requests_per_minute", "shadowed"] == 2
    await hot.settled()


# --- money ---


async def price_of_one(rig, kit) -> int:
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    await hot.gateway.complete(hot.ask(more={"max_tokens": 64}))
    return hot.record.cost_nanos


@pytest.mark.parametrize("mode", ["strict", "expected"])
async def test_exactly_the_budget_of_500(rig, kit, mode) -> None:
    """money.md: 500 concurrent requests against a budget for 100: nothing over, no false refusal below it."""
    cost = await price_of_one(rig, kit)
    dollars = 100 * cost / NANOS_PER_USD
    hot = rig(
        {"a": kit.provider(kit.line(wait=0.002), time_scale=1)},
        {"m": kit.model("a/x")},
        budgets=[Budget(scope="key", usd=dollars, period="day", mode=mode)],
    )
    passed, refused = await outcomes(hot, [hot.ask(more={"max_tokens": 64}) for _ in range(500)])
    (balance,) = await hot.store.balances(
        [hot.admission.quotas.plan(hot.ask(), "m", time.time()).claims[0].key]
    )
    booked = sum(row.nanos for row in hot.journal.rows if row.kind == "settle")
    assert booked == balance.spent == passed * cost <= 100 * cost
    assert balance.held == 0
    need = hot.admission._need(*planned(hot))
    worst = need.worst if mode == "strict" else need.expected
    assert 100 * cost - booked < worst, "there was room for one more"
    assert {failure.code for failure in refused} == {"budget_key_day"}
    assert {failure.status for failure in refused} == {402}
    await hot.settled()


def planned(hot):
    ask = hot.ask(more={"max_tokens": 64})
    run = Run(ask)
    model = hot.models.listed["m"]
    run.plan(model, list(model.targets))
    return run, hot.admission.quotas.plan(ask, "m", time.time())


async def test_a_budget_that_ended_says_until_when(rig, kit) -> None:
    """402 with the reset's time, or without one where there is none."""
    for period, known in (("hour", True), ("total", False)):
        hot = rig(
            {"a": kit.provider()},
            {"m": kit.model("a/x")},
            budgets=[Budget(scope="key", usd=0, period=period)],
        )
        with pytest.raises(failures.BudgetExhausted) as refused:
            await hot.gateway.complete(hot.ask())
        assert refused.value.code == f"budget_key_{period}"
        assert (refused.value.retry_after is not None) is known
        assert refused.value.headers["x-penstock-budget-remaining-usd"] == "0.00"
        assert not known or 0 < refused.value.retry_after <= 3600


async def test_an_unknown_price_is_refused_where_there_is_a_budget(rig, kit) -> None:
    """G20: 402; with another target whose price is known, that one is taken."""
    hot = rig(
        {"a": kit.provider()},
        {"m": kit.model("a/unpriced"), "n": kit.model("a/unpriced", "a/x")},
        budgets=[Budget(scope="key", usd=5)],
    )
    with pytest.raises(failures.BudgetExhausted) as refused:
        await hot.gateway.complete(hot.ask())
    assert refused.value.code == "price_unknown"
    reply = await hot.gateway.complete(hot.ask(model="n"))
    assert reply.headers["x-penstock-target"] == "a/x"


async def test_a_cheaper_model_goes_on(rig, kit) -> None:
    """at_end: cheaper. The spent budget goes on counting; the answer comes from the other model."""
    hot = rig(
        {"a": kit.provider()},
        {"m": kit.model("a/dear"), "small": kit.model("a/small")},
        budgets=[
            Budget(scope="key", usd=0, at_end="cheaper", cheaper="small"),
            Budget(scope="organization", usd=1),
        ],
        limits=[Limit(scope="key", concurrency=5)],
    )
    reply = await hot.gateway.complete(hot.ask())
    assert reply.headers["x-penstock-target"] == "a/small"
    assert hot.admission.counts["key", "month", "cheaper"] == 1
    key = hot.admission.quotas.plan(hot.ask(), "m", time.time()).claims[1].key
    assert (await hot.store.balances([key]))[0].spent == hot.record.cost_nanos


async def test_a_cheaper_model_that_cannot_is_not_asked(rig, kit) -> None:
    """One that lacks what the request needs, or a conversation that lives elsewhere: 402."""
    hot = rig(
        {"a": kit.provider(dialects=(Dialect.OPENAI_RESPONSES,))},
        {"m": kit.model("a/dear"), "small": kit.model("a/small", can=())},
        budgets=[Budget(scope="key", usd=0, at_end="cheaper", cheaper="small")],
    )
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    with pytest.raises(failures.BudgetExhausted):
        await hot.gateway.complete(hot.ask(more={"tools": tools}))
    run, plan = planned(hot)
    run.ask = hot.ask(Dialect.OPENAI_RESPONSES, more={"previous_response_id": "r"})
    assert hot.admission._is_kept_elsewhere(run)
    await hot.admission._enter(run, plan)
    assert await hot.admission._cheaper(run, plan.gauges[0]) is None


async def test_a_parked_request_goes_on_once_more_is_granted(rig, kit) -> None:
    """at_end: approve. It waits, is listed, and is answered after the administrator's grant."""
    hot = rig(
        {"a": kit.provider()},
        {"m": kit.model("a/x")},
        budgets=[Budget(scope="key", usd=0, at_end="approve", wait_up_to="10s")],
    )
    answering = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.01)
    (parked,) = hot.admission.parked()
    assert parked.gauge.scope == "key"
    await hot.store.grant(parked.gauge.claim.key, NANOS_PER_USD, 1000.0)
    hot.admission.stir()
    assert (await answering).status == 200
    assert hot.admission.parked() == []


async def test_a_parked_request_does_not_wait_for_ever(rig, kit) -> None:
    """Without a grant it is refused when its time is over."""
    hot = rig(
        {"a": kit.provider()},
        {"m": kit.model("a/x")},
        budgets=[Budget(scope="key", usd=0, at_end="approve", wait_up_to=0.02)],
    )
    with pytest.raises(failures.BudgetExhausted):
        await hot.gateway.complete(hot.ask())
    await hot.settled()


async def test_holds_in_the_way_are_waited_for_or_refused(rig, kit) -> None:
    """A budget that others only hold is not spent: with no patience it is a 429, not a 402."""
    cost = await price_of_one(rig, kit)
    hot = rig(
        {"a": kit.provider(kit.line(wait=0.1), time_scale=1)},
        {"m": kit.model("a/x")},
        budgets=[Budget(scope="key", usd=4 * cost / NANOS_PER_USD, mode="strict", wait_up_to=0)],
    )
    passed, refused = await outcomes(hot, [hot.ask(more={"max_tokens": 64}) for _ in range(9)])
    assert passed >= 1
    assert {(failure.status, failure.code) for failure in refused} == {(429, "budget_key_month")}
    assert all(failure.retry_after == 1.0 for failure in refused)
    await hot.settled()


async def test_a_strict_hold_is_for_one_attempt_that_costs(rig, kit) -> None:
    """Once an attempt has cost something, a strict budget lets no other begin."""
    hot = rig(
        {"a": kit.provider()}, {"m": kit.model("a/x")}, budgets=[Budget(scope="key", usd=1, mode="strict")]
    )
    run, _ = planned(hot)
    await hot.admission.admit(run)
    run.ticket.check_attempt(0)
    for spent in (5, None):
        with pytest.raises(failures.BudgetExhausted, match="Earlier attempts"):
            run.ticket.check_attempt(spent)
    hot.admission.settle(run)
    hot.admission.settle(run)


async def test_an_unknown_cost_is_settled_at_its_estimate(rig, kit) -> None:
    """A price that vanished meanwhile does not make the budget's hold vanish."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")}, budgets=[Budget(scope="key", usd=1)])
    run, plan = planned(hot)
    await hot.admission.admit(run)
    type(run).cost_nanos, known = None, type(run).cost_nanos
    try:
        hot.admission.settle(run)
    finally:
        type(run).cost_nanos = known
    (balance,) = await hot.store.balances([plan.claims[0].key])
    assert balance.spent == run.ticket.hold.booked > 0


async def test_the_store_away_is_said_as_503(rig, kit) -> None:
    """G25, refuse: nothing is let through uncounted; those in line are told too."""

    class Away:
        async def hold(self, *_):
            raise failures.StorageUnavailable("away")

    hot = rig(
        {"a": kit.provider(kit.line(wait=0.05), time_scale=1)},
        {"m": kit.model("a/x")},
        limits=[Limit(scope="model", concurrency=1, wait_up_to=5)],
    )
    first = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.01)
    second = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.01)
    hold = hot.store.hold
    hot.store.hold = Away().hold
    with pytest.raises(failures.StorageUnavailable):
        await second
    hot.store.hold = hold
    await first
    await hot.settled()

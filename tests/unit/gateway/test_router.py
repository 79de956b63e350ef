"""Targets in order, until one answers."""

import asyncio

import pytest

from penstock import failures
from penstock.config.tree import Circuit, Model, Retries, Target, Timeouts
from penstock.domain.chat import Dialect

WHOLE_AND_STREAM = pytest.mark.parametrize("stream", [False, True])


def two(kit, first, second=None, **settings):
    providers = {"a": kit.provider(*first), "b": kit.provider(*(second or [kit.line(text="B.")]))}
    return providers, {"m": kit.model("a/x", "b/y", **settings)}


@WHOLE_AND_STREAM
async def test_one_fault_is_retried_on_the_same_target(rig, kit, stream) -> None:
    """S03: one 500, then fine: the same target answers."""
    hot = rig(*two(kit, [kit.line(status=500, body="{}"), kit.line(text="A.")]))
    assert await hot.text(hot.ask(stream=stream)) == "A."
    assert [attempt.outcome for attempt in hot.record.attempts] == ["upstream_server_error", "ok"]
    assert hot.journal.kinds() == ["hold", "release", "hold", "settle"]


@WHOLE_AND_STREAM
async def test_a_lasting_fault_fails_over(rig, kit, stream) -> None:
    """S04, S16: the reply and the record name the target that really answered."""
    hot = rig(*two(kit, [kit.line(status=503, body="{}")]))
    reply = await hot.gateway.complete(hot.ask(stream=stream))
    assert reply.headers["x-penstock-target"] == "b/y"
    if stream:
        assert b"B." in b"".join([piece async for piece in reply])
    assert len(hot.providers["a"].calls) == 2
    assert hot.record.target == "b/y"
    assert [row.nanos for row in hot.journal.rows if row.kind == "settle"] == [hot.record.cost_nanos]


async def test_with_nowhere_to_go_the_first_error_is_told(rig, kit) -> None:
    """S04: the original error, not that of the last resort."""
    hot = rig(*two(kit, [kit.line(status=503, body='{"error": "first"}')], [kit.line(status=401, body="{}")]))
    with pytest.raises(failures.UpstreamFailure) as caught:
        await hot.gateway.complete(hot.ask())
    assert b"first" in caught.value.upstream.body
    assert hot.record.status == 503


async def test_a_refusal_of_the_request_is_final(rig, kit) -> None:
    """G10, S13: a 400 goes to the caller after one attempt."""
    hot = rig(*two(kit, [kit.line(status=400, body='{"error": {"code": "content_filter"}}')]))
    with pytest.raises(failures.UpstreamFailure):
        await hot.gateway.complete(hot.ask())
    assert len(hot.providers["a"].calls) == 1
    assert not hot.providers["b"].calls


async def test_a_refusal_elsewhere_is_told_as_it_is(rig, kit) -> None:
    """The caller's own fault is told even when an earlier target failed otherwise."""
    body = '{"error": {"message": "no", "type": "invalid_request_error"}}'
    hot = rig(*two(kit, [kit.line(status=503, body="{}")], [kit.line(status=400, body=body)]))
    with pytest.raises(failures.Rejected):
        await hot.gateway.complete(hot.ask())


TOO_LONG = '{"error": {"code": "context_length_exceeded", "message": "too long"}}'


async def test_too_long_goes_to_a_larger_target(rig, kit) -> None:
    """G10, S12: one attempt, then only a target with a larger context."""
    providers = {
        "a": kit.provider(kit.line(status=400, body=TOO_LONG)),
        "b": kit.provider(),
        "c": kit.provider(kit.line(text="C.")),
    }
    targets = [("a", 1000), ("b", 1000), ("c", 100_000)]
    listed = tuple(Target(provider=name, model="x", context_window=window) for name, window in targets)
    hot = rig(providers, {"m": Model(targets=listed), "only": Model(targets=listed[:2])})
    assert await hot.text(hot.ask()) == "C."
    assert not providers["b"].calls
    with pytest.raises(failures.ContextLength):
        await hot.gateway.complete(hot.ask(model="only"))


async def test_a_refused_key_is_set_aside(rig, kit) -> None:
    """P11: of two keys the other is used, and the refused one no more."""
    provider = kit.provider(kit.line(status=401, body="{}"), kit.line(text="A."), keys=("one", "two"))
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    assert await hot.text(hot.ask()) == "A."
    for _ in range(5):
        await hot.text(hot.ask())
    keys = [call.key for call in provider.calls]
    assert keys[1:] == [keys[1]] * 6
    assert keys[0] != keys[1]


async def test_all_keys_refused_is_told(rig, kit) -> None:
    """P11: with no key left the caller learns that our keys are at fault."""
    provider = kit.provider(kit.line(status=401, body="{}"), keys=("one", "two"))
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    with pytest.raises(failures.KeyRejected):
        await hot.gateway.complete(hot.ask())
    assert len(provider.calls) == 2


async def test_keys_are_drawn_by_weight(rig, kit) -> None:
    """Several keys share the traffic."""
    provider = kit.provider(keys=("one", "two"))
    hot = rig({"a": provider}, {"m": kit.model("a/x")})
    for drawn, expected in ((0.5, "one"), (1.5, "two"), (2.5, "two")):
        hot.router._uniform = lambda *_, drawn=drawn: drawn
        await hot.text(hot.ask())
        assert provider.calls[-1].key == expected


async def test_a_rate_limit_is_waited_out(rig, kit) -> None:
    """S01: with one target the wait is as long as the provider says."""
    lines = [kit.line(status=429, body="{}", headers={"retry-after": "0.05"}), kit.line(text="A.")]
    hot = rig({"a": kit.provider(*lines)}, {"m": kit.model("a/x")})
    began = asyncio.get_running_loop().time()
    assert await hot.text(hot.ask()) == "A."
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_a_paced_target_comes_second(rig, kit) -> None:
    """G13: 429 is pacing: the lane is passed over until its time, and its circuit stays closed."""
    hot = rig(
        *two(kit, [kit.line(status=429, body="{}", headers={"retry-after": "60"}), kit.line(text="A.")])
    )
    assert await hot.text(hot.ask()) == "B."
    assert await hot.text(hot.ask()) == "B."
    assert len(hot.providers["a"].calls) == 1
    assert all(lane.circuit.state == "closed" for lane in hot.lanes.all())


async def test_an_overloaded_provider_is_passed_over_as_a_whole(rig, kit) -> None:
    """P10: 529 is provider-wide: its other models come second too."""
    providers = {
        "a": kit.provider(kit.line(status=529, body="{}"), kit.line(text="A.")),
        "b": kit.provider(kit.line(text="B.")),
    }
    hot = rig(providers, {"m": kit.model("a/x", "b/y"), "n": kit.model("a/z", "b/y")})
    assert await hot.text(hot.ask()) == "B."
    assert await hot.text(hot.ask(model="n")) == "B."
    assert len(providers["a"].calls) == 1


async def test_an_open_circuit_is_passed_over(rig, kit) -> None:
    """G13, S15: after three failures in a row the fallback serves without asking the primary."""
    hot = rig(*two(kit, [kit.line(status=503, body="{}")]))
    for _ in range(5):
        assert await hot.text(hot.ask()) == "B."
    assert len(hot.providers["a"].calls) == 3


async def test_never_all_targets_are_ejected(rig, kit) -> None:
    """G13: a single target with an open circuit is tried, once per request."""
    hot = rig({"a": kit.provider(kit.line(status=503, body="{}"))}, {"m": kit.model("a/x")})
    for _ in range(2):
        with pytest.raises(failures.UpstreamFailure):
            await hot.gateway.complete(hot.ask())
    assert hot.lanes.all()[0].circuit.state == "open"
    before = len(hot.providers["a"].calls)
    with pytest.raises(failures.UpstreamFailure):
        await hot.gateway.complete(hot.ask())
    assert len(hot.providers["a"].calls) == before + 1


async def test_an_open_circuit_is_no_way_out_after_a_failure(rig, kit) -> None:
    """A request whose ready targets have failed does not hammer one that is known to be down."""
    lines = [kit.line(status=401, body="{}")]
    hot = rig(*two(kit, [kit.line(status=503, body="{}")], lines), circuit=Circuit(consecutive=2))
    for _ in range(2):
        with pytest.raises(failures.UpstreamFailure):
            await hot.gateway.complete(hot.ask())
    assert len(hot.providers["a"].calls) == 3


@WHOLE_AND_STREAM
async def test_a_silent_target_is_left_after_one_attempt(rig, kit, stream) -> None:
    """G7, S06: the first-token limit holds, and a silent target is not tried twice."""
    providers = {"a": kit.provider(kit.line(wait=30), time_scale=1), "b": kit.provider(kit.line(text="B."))}
    model = kit.model("a/x", "b/y", timeouts=Timeouts(first_token=0.05))
    hot = rig(providers, {"m": model})
    assert await hot.text(hot.ask(stream=stream)) == "B."
    assert len(providers["a"].calls) == 1


@WHOLE_AND_STREAM
async def test_the_deadline_holds_for_all_attempts(rig, kit, stream) -> None:
    """G7: x-penstock-deadline-ms ends the request whatever is under way."""
    hot = rig({"a": kit.provider(kit.line(wait=30), time_scale=1)}, {"m": kit.model("a/x")})
    with pytest.raises(failures.DeadlineExceeded):
        await hot.gateway.complete(hot.ask(stream=stream, within=0.05))
    assert hot.record.status == 504


async def test_retries_have_a_budget(rig, kit) -> None:
    """G12: with the budget spent there is no second try on the same target."""
    hot = rig({"a": kit.provider(kit.line(status=500, body="{}"))}, {"m": kit.model("a/x")})
    hot.router._budget.take = lambda: False
    with pytest.raises(failures.ServerFault):
        await hot.gateway.complete(hot.ask())
    assert len(hot.providers["a"].calls) == 1


async def test_a_plug_in_that_breaks_is_a_failed_attempt(rig, kit) -> None:
    """What a plug-in should not raise costs the attempt, not the request."""
    providers, models = two(kit, [kit.line()])

    async def broken(call):
        raise RuntimeError("boom")

    providers["a"].send = broken
    hot = rig(providers, models)
    assert await hot.text(hot.ask()) == "B."
    assert hot.record.attempts[0].outcome == "upstream_invalid_response"


async def test_a_kind_of_request_that_no_target_takes(rig, kit) -> None:
    """Embeddings from a provider that has none are refused in one sentence."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    with pytest.raises(failures.InvalidRequest, match="No target of m"):
        await hot.gateway.complete(hot.ask(Dialect.OPENAI_EMBEDDINGS))


async def test_our_own_failure_is_not_the_targets(rig, kit) -> None:
    """G14: a database that is away ends the request with 503 and says nothing about the target."""
    hot = rig(*two(kit, [kit.line(text="A.")]))

    def append(row):
        promise = asyncio.get_running_loop().create_future()
        promise.set_exception(failures.StorageUnavailable("away"))
        return promise

    hot.journal.append = append
    with pytest.raises(failures.StorageUnavailable):
        await hot.gateway.complete(hot.ask())
    assert len(hot.providers["a"].calls) == 1
    assert not hot.providers["b"].calls
    assert hot.lanes.all()[0].circuit.rates() == (0, 0, 0)


async def test_dispatch_may_wait_for_the_hold(rig, kit) -> None:
    """money.md, ledger.before_dispatch: nothing goes upstream before its hold is on disk."""
    hot = rig({"a": kit.provider()}, {"m": kit.model("a/x")})
    hot.gateway._before_dispatch = True
    hot.journal.hold_back = True
    answering = asyncio.ensure_future(hot.gateway.complete(hot.ask()))
    await asyncio.sleep(0.02)
    assert not hot.providers["a"].calls
    hot.journal.waiting[0].set_result(None)
    await answering


async def test_retrying_stops_at_the_settings(rig, kit) -> None:
    """S02: three attempts on a target that has no alternative."""
    provider = kit.provider(kit.line(status=429, body="{}"))
    hot = rig({"a": provider}, {"m": kit.model("a/x")}, retries=Retries(base_delay=0.001, attempts=3))
    with pytest.raises(failures.RateLimited):
        await hot.gateway.complete(hot.ask())
    assert len(provider.calls) == 3

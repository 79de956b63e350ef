import time

import pytest

from penstock.domain.record import AttemptRecord, RequestRecord
from penstock.domain.usage import Usage
from penstock.telemetry.meters import NAMES, Meters, Watched

USAGE = Usage(input_uncached=100, cache_read=20, output_text=30, output_reasoning=4)
TARGET = {
    "gen_ai_operation_name": "chat",
    "gen_ai_provider_name": "openai",
    "gen_ai_request_model": "gpt-4o-mini",
}


def attempt(**changes: object) -> AttemptRecord:
    fields = {
        "number": 1,
        "provider": "openai",
        "model": "gpt-4o-mini",
        "started_ms": 1.0,
        "ended_ms": 501.0,
        "usage": USAGE,
        "cost_nanos": 7_000,
    }
    return AttemptRecord(**fields | changes)  # type: ignore[arg-type]


def record(*attempts: AttemptRecord, **changes: object) -> RequestRecord:
    fields = {
        "id": "0190",
        "at": 1_795_176_000.0,
        "dialect": "openai_chat",
        "model_asked": "fast",
        "target": "openai/gpt-4o-mini",
        "first_token_ms": 250.0,
        "overhead_ms": 1.2,
        "attempts": attempts or (attempt(),),
    }
    return RequestRecord(**fields | changes)  # type: ignore[arg-type]


def value(meters: Meters, name: str, **labels: str) -> float | None:
    return meters.registry.get_sample_value(name, labels)


def test_a_request_is_counted() -> None:
    """One request, one call, its time, tokens, first token and cost, under OpenTelemetry's names."""
    meters = Meters()
    meters.finished(record())
    assert value(meters, "gen_ai_client_operation_duration_seconds_sum", **TARGET, error_type="") == 0.5
    assert value(meters, "gen_ai_client_token_usage_sum", **TARGET, gen_ai_token_type="input") == 120
    assert value(meters, "gen_ai_client_token_usage_sum", **TARGET, gen_ai_token_type="output") == 34
    assert value(meters, "gen_ai_server_time_to_first_token_seconds_sum", **TARGET) == 0.25
    assert value(meters, "penstock_overhead_seconds_count") == 1
    where = {"provider": "openai", "model": "gpt-4o-mini"}
    assert value(meters, "penstock_cost_nanodollars_total", **where) == 7_000
    assert value(meters, "penstock_attempts_total", **where, outcome="ok") == 1
    how = {"dialect": "openai_chat", "model": "fast", "status": "200", "code": "ok"}
    assert value(meters, "penstock_requests_total", **how) == 1


def test_failed_attempts_are_told_apart() -> None:
    """A failed call has its code as error type, and no first token; an unknown price is counted as such."""
    meters = Meters()
    failed = attempt(outcome="upstream_server_error", usage=None, cost_nanos=0)
    meters.finished(record(failed, attempt(number=2, provider="local", cost_nanos=None)))
    model = {"model": "gpt-4o-mini"}
    errors = TARGET | {"error_type": "upstream_server_error"}
    assert value(meters, "gen_ai_client_operation_duration_seconds_count", **errors) == 1
    assert value(meters, "gen_ai_server_time_to_first_token_seconds_count", **TARGET) == 0
    assert value(meters, "penstock_unpriced_calls_total", provider="local", **model) == 1
    assert value(meters, "penstock_cost_nanodollars_total", provider="local", **model) == 0


def test_embeddings_are_their_own_operation() -> None:
    """gen_ai.operation.name follows the dialect."""
    meters = Meters()
    meters.finished(record(dialect="openai_embeddings", first_token_ms=None))
    labels = TARGET | {"gen_ai_operation_name": "embeddings", "error_type": ""}
    assert value(meters, "gen_ai_client_operation_duration_seconds_count", **labels) == 1


def test_made_up_names_do_not_become_labels() -> None:
    """A request that reached no target has no model label; beyond a bound, names become `other`."""
    meters = Meters()
    meters.finished(record(target="", model_asked="made up", attempts=(), status=404, code="model_not_found"))
    unknown = {"dialect": "openai_chat", "model": "", "status": "404", "code": "model_not_found"}
    assert value(meters, "penstock_requests_total", **unknown) == 1
    for number in range(NAMES + 5):
        meters.finished(record(model_asked=f"model-{number}", attempts=(attempt(),)))
    other = {"dialect": "openai_chat", "model": "other", "status": "200", "code": "ok"}
    assert (value(meters, "penstock_requests_total", **other) or 0) >= 5


def test_other_parts_numbers_are_read_when_asked_for() -> None:
    """A watched gauge or counter shows what is true at that moment."""
    meters = Meters()
    states = [(("openai", "gpt"), 0.0)]
    labels = ("provider", "model")
    meters.watch(Watched("penstock_circuit_state", "0 closed, 1 half open, 2 open", lambda: states, labels))
    meters.watch(Watched("penstock_records_dropped", "Lost records", lambda: [((), 3.0)], counts=True))
    states[0] = (("openai", "gpt"), 2.0)
    assert value(meters, "penstock_circuit_state", provider="openai", model="gpt") == 2
    assert value(meters, "penstock_records_dropped_total") == 3


def test_what_is_lost_is_counted_by_kind() -> None:
    """The kind is a label."""
    meters = Meters()
    meters.dropped("log_line")
    assert value(meters, "penstock_telemetry_dropped_total", kind="log_line") == 1


def test_a_request_costs_little() -> None:
    """Counting one request takes microseconds; the bound leaves room for a machine that is busy."""
    meters, one = Meters(), record()
    meters.finished(one)
    best = min(_seconds(meters, one) for _ in range(20))
    assert best == pytest.approx(0, abs=100e-6)


def _seconds(meters: Meters, one: RequestRecord) -> float:
    begin = time.perf_counter()
    for _ in range(50):
        meters.finished(one)
    return (time.perf_counter() - begin) / 50

"""Metrics in Prometheus form, under OpenTelemetry's GenAI names where there are such names.

Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ (names and bucket bounds).
Labels are bounded: a model's name beyond the first `NAMES` becomes `other`, since clients make names up.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from penstock.domain.record import AttemptRecord, RequestRecord

NAMES: Final = 500
"""Different model names that become labels."""
DURATIONS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST_TOKENS: Final = (
    0.001,
    0.005,
    0.01,
    0.02,
    0.04,
    0.06,
    0.08,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    2.5,
    5,
    7.5,
    10,
    60,
)
TOKENS: Final = tuple(4**power for power in range(14))
OVERHEADS: Final = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.5)
LAGS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)

OPERATIONS: Final = {
    "openai_embeddings": "embeddings",
    "openai_completions": "text_completion",
}
"""Dialect -> gen_ai.operation.name; all others are `chat`."""

Reading = tuple[tuple[str, ...], float]
"""Label values and a number."""


class Watched(NamedTuple):
    """A metric that is kept elsewhere and read when it is asked for."""

    name: str
    text: str
    read: Callable[[], Iterable[Reading]]
    labels: tuple[str, ...] = ()
    counts: bool = False
    """It only grows: a counter, whose name gets `_total`; otherwise a gauge."""


class _Target(NamedTuple):
    """What one (operation, provider, model) counts into."""

    seconds: Histogram
    input_tokens: Histogram
    output_tokens: Histogram
    first_token: Histogram
    cost: Counter
    unpriced: Counter


class Meters:
    """All of one process's metrics, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        model = ("gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model")
        self._seconds = self._histogram(
            "gen_ai_client_operation_duration_seconds",
            "Calls to providers, each attempt by itself.",
            DURATIONS,
            *model,
            "error_type",
        )
        self._tokens = self._histogram(
            "gen_ai_client_token_usage",
            "Tokens of one call, cached and reasoning ones included.",
            TOKENS,
            *model,
            "gen_ai_token_type",
        )
        self._first_token = self._histogram(
            "gen_ai_server_time_to_first_token_seconds",
            "From a request's arrival to its first content.",
            FIRST_TOKENS,
            *model,
        )
        self._requests = self._counter("penstock_requests", "Requests.", "dialect", "model", "status", "code")
        self._attempts = self._counter(
            "penstock_attempts", "Calls to providers.", "provider", "model", "outcome"
        )
        self._cost = self._counter(
            "penstock_cost_nanodollars", "Cost, where the price is known.", "provider", "model"
        )
        self._unpriced = self._counter(
            "penstock_unpriced_calls", "Calls whose price is not known.", "provider", "model"
        )
        self._overhead = self._histogram(
            "penstock_overhead_seconds", "A request's time that was ours, not the provider's.", OVERHEADS
        )
        self.lag = self._histogram(
            "penstock_event_loop_lag_seconds", "How late the event loop wakes up.", LAGS
        )
        self._refusals = self._counter(
            "penstock_refusals", "Requests that were refused before the gateway.", "route", "status"
        )
        self._dropped = self._counter("penstock_telemetry_dropped", "Log lines and the like lost.", "kind")
        self._names: dict[str, str] = {}
        self._by_target: dict[tuple[str, str, str, str], _Target] = {}
        self._by_outcome: dict[tuple[str, str, str], Counter] = {}
        self._by_answer: dict[tuple[str, str, int, str], Counter] = {}

    def finished(self, record: RequestRecord) -> None:
        """Count one request and its attempts."""
        known = self._name(record.model_asked) if record.target else ""
        answer = (record.dialect, known, record.status, record.code)
        requests = self._by_answer.get(answer)
        if requests is None:
            requests = self._requests.labels(record.dialect, known, str(record.status), record.code)
            self._by_answer[answer] = requests
        requests.inc()
        self._overhead.observe(record.overhead_ms / 1000)
        for attempt in record.attempts:
            target = self._attempt(record.dialect, attempt)
            if attempt.outcome == "ok" and record.first_token_ms is not None:
                target.first_token.observe(record.first_token_ms / 1000)

    def refused(self, route: str, status: int) -> None:
        """Count a request that the door refused; `route` is a path of the table, or empty."""
        self._refusals.labels(route, str(status)).inc()

    def dropped(self, kind: str) -> None:
        """Count something lost; `kind` says what: record, log_line, metric, metrics_file."""
        self._dropped.labels(kind).inc()

    def watch(self, watched: "Watched") -> None:
        """Add a metric that is read whenever the metrics are; its name must be new."""
        self.registry.register(_Reader(watched))

    def _attempt(self, dialect: str, attempt: AttemptRecord) -> _Target:
        model = self._name(attempt.model)
        outcome = (attempt.provider, model, attempt.outcome)
        attempts = self._by_outcome.get(outcome)
        if attempts is None:
            attempts = self._by_outcome[outcome] = self._attempts.labels(*outcome)
        attempts.inc()
        target = self._target(dialect, attempt.provider, model, attempt.outcome)
        target.seconds.observe((attempt.ended_ms - attempt.started_ms) / 1000)
        if attempt.usage is not None:
            target.input_tokens.observe(attempt.usage.input_tokens)
            target.output_tokens.observe(attempt.usage.output_tokens)
        if attempt.cost_nanos is None:
            target.unpriced.inc()
        else:
            target.cost.inc(attempt.cost_nanos)
        return target

    def _target(self, dialect: str, provider: str, model: str, outcome: str) -> _Target:
        key = (dialect, provider, model, outcome)
        target = self._by_target.get(key)
        if target is None:
            labels = (OPERATIONS.get(dialect, "chat"), provider, model)
            target = _Target(
                seconds=self._seconds.labels(*labels, "" if outcome == "ok" else outcome),
                input_tokens=self._tokens.labels(*labels, "input"),
                output_tokens=self._tokens.labels(*labels, "output"),
                first_token=self._first_token.labels(*labels),
                cost=self._cost.labels(provider, model),
                unpriced=self._unpriced.labels(provider, model),
            )
            self._by_target[key] = target
        return target

    def _name(self, model: str) -> str:
        if model in self._names:
            return self._names[model]
        if len(self._names) >= NAMES:
            return "other"
        self._names[model] = model
        return model

    def _histogram(self, name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=bounds)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)


class _Reader(Collector):
    """A watched metric, as prometheus_client takes it."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def collect(self) -> Iterable[Metric]:
        family = self._family()
        for values, number in self._watched.read():
            family.add_metric(values, number)
        return (family,)

    def describe(self) -> Iterable[Metric]:
        """Name the family without reading it, since what is read may not be there yet."""
        return (self._family(),)

    def _family(self) -> GaugeMetricFamily | CounterMetricFamily:
        watched = self._watched
        kind = CounterMetricFamily if watched.counts else GaugeMetricFamily
        return kind(watched.name, watched.text, labels=watched.labels)

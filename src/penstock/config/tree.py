"""The whole typed configuration and every default. Each field's docstring is its documentation."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from penstock.domain.secret import Secret

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Amount = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Name = Annotated[str, Meta(min_length=1)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the tree: frozen, unknown fields forbidden."""


class Server(Section, frozen=True, kw_only=True):
    host: Name = "127.0.0.1"
    """Address to listen on."""
    port: Port = 4141
    """Port to listen on; 0 takes a free one."""
    admin_port: Port | None = None
    """Serve /admin on this port only; unset serves it beside the rest."""
    workers: Count = 1
    """Processes that answer requests."""
    pass_unlisted: bool = False
    """Pass a model that is not listed, but known to exactly one provider, to that provider."""
    max_body_bytes: Count = 20_000_000
    """Larger request bodies are refused with 413."""
    body_timeout: Seconds = 10.0
    """Seconds without a byte of the request's body before it is cut."""
    header_timeout: Seconds = 10.0
    """Seconds that a client may take to send its headers."""
    drain: Amount = 30.0
    """Seconds that running requests have to finish after Ctrl-C or SIGTERM."""
    keepalive: Seconds = 10.0
    """Seconds of silence after which a waiting stream gets a keep-alive comment."""
    max_requests: int = 4096
    """Requests under way at once in a process; connections beyond wait to be accepted."""
    http2: bool = True
    """Offer HTTP/2 (prior knowledge) beside HTTP/1.1."""


class Timeouts(Section, frozen=True, kw_only=True):
    connect: Seconds = 5.0
    """Seconds to connect to a provider."""
    first_token: Seconds = 60.0
    """Seconds until the first content; generous, since reasoning models think first."""
    idle: Seconds = 30.0
    """Seconds of silence between two chunks of a stream."""
    total: Seconds = 600.0
    """Seconds for the whole request, all attempts together."""


class Target(Section, frozen=True, kw_only=True):
    provider: Name
    """Name of an entry of `providers`."""
    model: Name
    """The model's name there; may name a dated version or a fine-tuned model."""
    weight: Amount = 1.0
    """Share of the traffic among targets of the same `order`."""
    order: int | None = None
    """Targets with a lower order are tried first; unset: the position in the list."""
    context_window: Count | None = None
    """Tokens the model takes; a request that was too long elsewhere goes to a larger one."""
    prefill: bool | None = None
    """The model goes on from a last message of the assistant (used by `recovery: resume`); unset: as the
    provider's dialect usually does."""
    price_as: str | None = None
    """provider/model whose prices apply, for fine-tuned and self-hosted models."""


Recovery = Literal["off", "resume", "whole"]


class Model(Section, frozen=True, kw_only=True):
    targets: Annotated[tuple[Target, ...], Meta(min_length=1)]
    """Where the model is served, in the order of trying."""
    timeouts: Timeouts = Timeouts()
    """Limits on time."""
    recovery: Recovery = "off"
    """What happens when a stream dies after its first content: off, resume, whole."""
    strict: bool = False
    """Refuse a parameter that a target cannot take, instead of dropping it."""
    can: tuple[str, ...] | None = None
    """What the model can do (tools, images, audio, files, json_schema, reasoning); unset: all."""
    max_output_tokens: Count | None = None
    """The model's own cap on output, used for estimates."""


class Key(Section, frozen=True, kw_only=True):
    name: Name
    """What the key is called in reports."""
    secret: Secret
    """The key itself, as env:NAME or file:/path."""
    user: str | None = None
    """Who spends with it."""
    team: str | None = None
    """The team that the user belongs to."""
    organization: str | None = None
    """The tenant."""
    recovery: Recovery | None = None
    """Overrides the model's `recovery` for this key."""


class Price(Section, frozen=True, kw_only=True):
    """USD per million tokens; a bucket that is not given costs what `input` or `output` costs."""

    input: Amount
    """Input that was not cached."""
    output: Amount
    """Output, reasoning included."""
    cache_read: Amount | None = None
    """Input read from the provider's cache."""
    cache_write: Amount | None = None
    """Input written to the provider's 5-minute cache."""
    cache_write_1h: Amount | None = None
    """Input written to the provider's 1-hour cache."""
    input_audio: Amount | None = None
    """Audio in."""
    output_audio: Amount | None = None
    """Audio out."""
    searches: Amount | None = None
    """Web searches, per thousand; not given, a call that searches has no known price."""


class Storage(Section, frozen=True, kw_only=True):
    url: str = "sqlite"
    """`sqlite` (in the data directory) or postgresql://user@host/database."""


class Records(Section, frozen=True, kw_only=True):
    content: Literal["none", "redacted", "full"] = "none"
    """Whether prompts and answers are stored."""
    queue: Count = 10_000
    """Records that may wait to be written; more are dropped and counted."""
    keep_days: Count = 30
    """Days after which records are deleted; the ledger is kept."""


class Ledger(Section, frozen=True, kw_only=True):
    before_dispatch: bool = False
    """Wait for the hold to be on disk before the upstream call starts."""


class Circuit(Section, frozen=True, kw_only=True):
    window: Seconds = 30.0
    """Seconds over which failures are counted."""
    consecutive: Count = 3
    """Failed calls in a row that open it, however few calls there are."""
    minimum_calls: Count = 20
    """Calls in the window before a rate may open it."""
    failure_rate: Share = 0.5
    """Share of failed calls that opens it."""
    slow_call: Seconds = 60.0
    """Seconds to the first token from which a call counts as slow."""
    slow_rate: Share = 0.8
    """Share of slow calls that opens it."""
    open_for: Seconds = 10.0
    """Seconds that it stays open the first time; doubles with jitter while probes fail."""
    open_at_most: Seconds = 25.0
    """The longest that it stays open."""
    probes: Count = 1
    """Calls let through at once while half open."""


class Retries(Section, frozen=True, kw_only=True):
    budget: Amount = 0.1
    """Retries allowed as a share of all requests."""
    attempts: Count = 3
    """Attempts on one target within one request."""
    base_delay: Amount = 0.5
    """Seconds; the upper end of the first random wait, doubled each time."""
    max_delay: Amount = 8.0
    """Seconds; no single wait is longer."""


Scope = Literal["key", "user", "team", "organization", "model", "feature"]


class Limit(Section, frozen=True, kw_only=True):
    """Each key, user, ... has counters of its own; what is set for a name replaces what is set for `*`."""

    scope: Scope
    """Whose requests are counted together; a feature is what a client says in `x-penstock-feature`."""
    name: Name = "*"
    """The key, user, ... that it is for; `*`: each one that has no entry of its own."""
    requests_per_minute: Count | None = None
    """Requests in any 60 seconds."""
    requests_per_hour: Count | None = None
    """Requests in any 3,600 seconds."""
    tokens_per_minute: Count | None = None
    """Input and output tokens in any 60 seconds: held by estimate, settled by what was used."""
    tokens_per_day: Count | None = None
    """Input and output tokens in any 24 hours."""
    concurrency: Count | None = None
    """Requests under way at once."""
    mode: Literal["enforce", "shadow"] = "enforce"
    """`shadow` counts and reports without refusing."""
    wait_up_to: Amount | str = 0.0
    """Seconds (or `5s`, `500ms`, `1m`) that a request may wait for its turn instead of being refused."""


class Budget(Section, frozen=True, kw_only=True):
    """Money for a period in UTC. Each key, user, ... has its own; a name's entry replaces that of `*`."""

    scope: Scope
    """Whose spending is counted together."""
    name: Name = "*"
    """The key, user, ... that it is for; `*`: each one that has no entry of its own."""
    period: Literal["hour", "day", "week", "month", "total", "session"] = "month"
    """When it begins anew: weeks on Monday; `total` never; `session`: each session has its own."""
    usd: Amount
    """How much, in US dollars."""
    mode: Literal["strict", "expected"] = "expected"
    """What a request holds until it is settled: the worst case, or what it will probably cost."""
    alerts: tuple[Share, ...] = (0.8, 1.0)
    """Shares of it whose reaching is told to `alerts`."""
    at_end: Literal["refuse", "cheaper", "approve"] = "refuse"
    """`refuse` answers 402 until the reset; `cheaper` goes on with the model named there; `approve` parks
    requests until an administrator grants more."""
    cheaper: Name | None = None
    """The model of `models` that goes on when the budget is used up."""
    wait_up_to: Amount | str = 30.0
    """Seconds (or `30s`, `1m`) that a request may wait for others to settle what they hold; with `approve`,
    for the administrator."""


class Stores(Section, frozen=True, kw_only=True):
    url: str = "memory"
    """Where limits and budgets are counted: `memory` (one process) or redis://host:6379/0 (many)."""
    when_away: Literal["refuse", "share"] = "refuse"
    """While Redis is away: refuse requests that have a limit, or give each process its share of it."""


class Alerts(Section, frozen=True, kw_only=True):
    webhook: str | None = None
    """URL that alerts are posted to, signed as in Standard Webhooks."""
    secret: Secret | None = None
    """The webhook's signing secret: `whsec_` and base64."""


class Network(Section, frozen=True, kw_only=True):
    connections: Count = 2000
    """Connections to all providers together; calls beyond wait for a free one."""
    connections_per_host: Count = 1000
    """Connections to one host; calls beyond wait for a free one."""
    keepalive: Seconds = 55.0
    """Seconds that an unused connection is kept; below the 60 s after which many servers close it."""
    dns_ttl: Count = 60
    """Seconds that a resolved name is remembered."""
    proxy: str | None = None
    """HTTP proxy for all calls to providers; the environment's proxy variables are not read."""


class Telemetry(Section, frozen=True, kw_only=True):
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe log line that is written."""
    log_format: Literal["json", "text"] = "json"
    """One JSON object per line, or text for people."""


class Config(Section, frozen=True, kw_only=True):
    """The whole of penstock.yaml."""

    server: Server = Server()
    """The door."""
    providers: dict[str, dict[str, Any]] = {}  # each is checked against its plug-in's Options
    """Where models live: `kind` names the plug-in, the rest are its options."""
    models: dict[str, Model] = {}
    """Names that clients may ask for."""
    keys: tuple[Key, ...] = ()
    """Keys that are kept in the configuration; others are made with `penstock keys create`."""
    prices: dict[str, Price] = {}
    """provider/model -> negotiated or self-hosted prices, over the built-in ones."""
    storage: Storage = Storage()
    """The database."""
    records: Records = Records()
    """What is remembered of each request."""
    ledger: Ledger = Ledger()
    """How strictly money is written down."""
    circuit: Circuit = Circuit()
    """When a failing target is left alone."""
    retries: Retries = Retries()
    """How often a failed call is tried again."""
    limits: tuple[Limit, ...] = ()
    """How many requests and tokens may pass."""
    budgets: tuple[Budget, ...] = ()
    """How much may be spent."""
    stores: Stores = Stores()
    """Where both are counted."""
    alerts: Alerts = Alerts()
    """Who is told of budgets that come to their end."""
    network: Network = Network()
    """How providers are reached."""
    telemetry: Telemetry = Telemetry()
    """Logs and metrics."""

"""The configuration under test: the user's own or a plain one, with every case as a model of its own.

Each case gets its own copies of the providers, so that a circuit that one row opens is not seen by
another, and all rows can be played at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from penstock.config.tree import Circuit, Config, Retries, Timeouts
from penstock.domain.chat import Dialect
from penstock.stage.faults import BAD_KEY, Fault

Json = dict[str, Any]  # a configuration's values
REMOTE_KINDS: Final = frozenset({"openai_compatible", "anthropic", "gemini"})
KEPT_OPTIONS: Final = (
    "kind",
    "vendor",
    "dialects",
    "api_version",
    "drop",
    "max_tokens_field",
    "stream_usage",
    "developer_role",
    "bearer",
    "version",
    "default_max_output_tokens",
)
"""What of a provider goes into the scratch copy: nothing that could be a secret."""
SHORT: Final = {
    Dialect.OPENAI_CHAT: "chat",
    Dialect.OPENAI_RESPONSES: "responses",
    Dialect.ANTHROPIC_MESSAGES: "messages",
}
GONE: Final = (
    "http://penstock-drill.invalid/v1",
    "http://127.0.0.1:1/v1",
    "https://127.0.0.1:{port}/v1",
)
"""A name that does not resolve, a port where nobody listens, and TLS where none is spoken (P12)."""

CONNECT_LEAST: Final = 0.5
"""Seconds."""


class Case(msgspec.Struct, frozen=True):
    """One row in one of its forms."""

    fault: Fault
    dialect: Dialect
    stream: bool
    recovery: str = "off"

    @property
    def name(self) -> str:
        form = "stream" if self.stream else "whole"
        return f"{self.fault.id}-{SHORT[self.dialect]}-{form}-{self.recovery}"


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What every case is a copy of."""

    providers: tuple[Json, ...]
    """One for each target."""
    targets: tuple[Json, ...]
    timeouts: Timeouts
    retries: Retries = Retries()
    circuit: Circuit = Circuit()

    @property
    def has_fallback(self) -> bool:
        return len(self.targets) > 1


class NothingToDrill(Exception):
    """The configuration has no model whose providers could be played by others."""


def cases(only: frozenset[str], faults: Sequence[Fault]) -> list[Case]:
    """Every form of every row that was asked for; nothing asked for means all."""
    return [
        Case(fault, dialect, stream, recovery)
        for fault in faults
        if not only or fault.id in only
        for dialect in fault.dialects
        for stream in (True, False)
        if (fault.stream if stream else fault.whole)
        for recovery in (fault.recoveries if stream else fault.recoveries[:1])
    ]


PLAIN: Final[Mapping[Dialect, Json]] = {
    Dialect.OPENAI_CHAT: {"kind": "openai_compatible", "dialects": ["chat"]},
    Dialect.OPENAI_RESPONSES: {"kind": "openai_compatible", "dialects": ["responses"]},
    Dialect.ANTHROPIC_MESSAGES: {"kind": "anthropic"},
}


def plain(dialect: Dialect) -> Template:
    """Two providers of that dialect, with limits short enough for every row to reach them."""
    return Template(
        providers=(PLAIN[dialect], PLAIN[dialect]),
        targets=(
            {"model": "primary", "context_window": 100_000},
            {"model": "fallback", "context_window": 1_000_000},
        ),
        timeouts=Timeouts(first_token=10.0, idle=8.0, total=120.0),
    )


def of_user(config: Config, model: str | None) -> tuple[str, Template]:
    """The user's own model, the one named or the one with most targets, and what it is made of.

    Raises NothingToDrill.
    """
    drillable = {
        name: [
            target for target in entry.targets if config.providers[target.provider]["kind"] in REMOTE_KINDS
        ]
        for name, entry in config.models.items()
        if model is None or name == model
    }
    chosen = max(drillable, key=lambda name: len(drillable[name]), default=None)
    if chosen is None or not drillable[chosen]:
        raise NothingToDrill(
            f"There is no model {model or ''} with a provider behind HTTP in this configuration."
        )
    targets = drillable[chosen]
    return chosen, Template(
        providers=tuple(scrubbed(config.providers[target.provider]) for target in targets),
        targets=tuple(
            {"model": target.model, "context_window": target.context_window, "prefill": target.prefill}
            for target in targets
        ),
        timeouts=config.models[chosen].timeouts,
        retries=config.retries,
        circuit=config.circuit,
    )


def scrubbed(provider: Mapping[str, object]) -> Json:
    """A provider without its address, its credentials and anything that might hold one."""
    return {name: provider[name] for name in KEPT_OPTIONS if provider.get(name) not in (None, ())}


def scaled(timeouts: Timeouts, scale: float) -> Timeouts:
    """Limits on a provider, shortened; connecting keeps what a busy machine needs."""
    return msgspec.structs.replace(
        timeouts,
        connect=max(timeouts.connect * scale, CONNECT_LEAST),
        first_token=timeouts.first_token * scale,
        idle=timeouts.idle * scale,
        total=timeouts.total * scale,
    )


def configuration(
    cases: Sequence[Case], templates: Mapping[Dialect, Template], address: str, key: str, scale: float
) -> Json:
    """A whole `penstock.yaml` in which every case is a model, served by the made-up provider at `address`."""
    providers: Json = {}
    models: Json = {}
    for case in cases:
        template = templates[case.dialect]
        targets = []
        for place, target in enumerate(template.targets):
            name = f"{case.name}-{place}"
            providers[name] = provider_for(case, template.providers[place], place, address)
            targets.append({"provider": name, **{k: v for k, v in target.items() if v is not None}})
        if case.fault.id == "P12":
            providers |= (gone := gone_providers(case, template.providers[0], address))
            targets = [{"provider": name, "model": "gone"} for name in gone] + targets
        timeouts = msgspec.to_builtins(scaled(template.timeouts, scale))
        models[case.name] = {"targets": targets, "timeouts": timeouts}
    some = next(iter(templates.values()))
    return {
        "providers": providers,
        "models": models,
        "keys": [{"name": "drill", "secret": key, "user": "drill"}],
        "retries": scaled_times(some.retries, scale, ("base_delay", "max_delay")),
        "circuit": scaled_times(some.circuit, scale, ("window", "slow_call", "open_for", "open_at_most")),
    }


def provider_for(case: Case, options: Json, place: int, address: str) -> Json:
    base = {**options, "base_url": f"{address}/{case.name}/{place}/v1"}
    if case.fault.id == "P11" and place == 0:
        # So heavy that it is drawn first: the row is about what happens then.
        return base | {
            "keys": [
                {"name": "rejected", "key": BAD_KEY, "weight": 1e9},
                {"name": "good", "key": "drill-good-key"},
            ]
        }
    return base | {"api_key": "drill-key"}


def gone_providers(case: Case, options: Json, address: str) -> Json:
    port = address.rpartition(":")[2]
    return {
        f"{case.name}-gone-{n}": {**options, "base_url": url.format(port=port), "api_key": "drill-key"}
        for n, url in enumerate(GONE)
    }


def scaled_times(section: msgspec.Struct, scale: float, times: Sequence[str]) -> Json:
    values: Json = msgspec.to_builtins(section)
    return values | {name: values[name] * scale for name in times}

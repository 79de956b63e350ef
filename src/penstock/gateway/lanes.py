"""Lanes: the ways a model can be reached. One lane is one (provider, key, model) with its circuit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from penstock.config.tree import Model, Target
from penstock.gateway.breaker import Circuit
from penstock.protocols import Provider, ProviderKey

ASIDE_SECONDS: Final = 300.0
"""How long a key that the provider refused, or that has no money left, is set aside."""


class Source:
    """One provider and what all its lanes share. Times are seconds on the loop's clock."""

    __slots__ = ("catalog", "name", "paced_until", "provider")

    def __init__(self, name: str, provider: Provider, catalog: str) -> None:
        """`catalog` is the provider's id in the price data."""
        self.name = name
        self.provider = provider
        self.catalog = catalog
        self.paced_until = 0.0


class Lane:
    """Where one attempt can go."""

    __slots__ = (
        "answered_at",
        "aside_until",
        "catalog",
        "circuit",
        "key",
        "model",
        "paced_until",
        "priced_as",
        "priced_by",
        "source",
        "target",
    )

    def __init__(self, source: Source, key: ProviderKey, target: Target, circuit: Circuit) -> None:
        self.source = source
        self.key = key
        self.model = target.model
        self.priced_by, self.catalog, self.priced_as = source.name, source.catalog, target.model
        if target.price_as:
            self.priced_by, _, self.priced_as = target.price_as.partition("/")
            self.catalog = self.priced_by
        self.answered_at: float | None = None
        """When it last gave content."""
        self.target = f"{source.name}/{target.model}"
        """provider/model, as replies and records name it."""
        self.circuit = circuit
        self.paced_until = 0.0
        self.aside_until = 0.0

    def rank(self, now: float) -> int:
        """0: ready. 1: asked to slow down. 2: its circuit is open. 3: its key is set aside."""
        if now < self.aside_until:
            return 3
        if not self.circuit.allows():
            return 2
        return 1 if now < max(self.paced_until, self.source.paced_until) else 0


class Lanes:
    """All lanes there are, made when first used and kept, so that circuits remember."""

    def __init__(self, sources: Mapping[str, Source], circuit: Callable[[], Circuit]) -> None:
        self.sources = sources
        self._circuit = circuit
        self._lanes: dict[tuple[str, str, str], Lane] = {}

    def reload(self, sources: Mapping[str, Source]) -> None:
        """Take over a new configuration; lanes of providers that did not change keep their circuits."""
        self._lanes = {at: lane for at, lane in self._lanes.items() if sources.get(at[0]) is lane.source}
        self.sources = sources

    def of(self, target: Target) -> Sequence[Lane]:
        """The lanes of a target, one for each key of its provider."""
        source = self.sources[target.provider]
        return [self._lane(source, key, target) for key in source.provider.keys]

    def all(self) -> Sequence[Lane]:
        return tuple(self._lanes.values())

    def _lane(self, source: Source, key: ProviderKey, target: Target) -> Lane:
        at = (source.name, key.name, target.model)
        lane = self._lanes.get(at)
        if lane is None:
            lane = self._lanes[at] = Lane(source, key, target, self._circuit())
        return lane


def in_order(model: Model, uniform: Callable[[float, float], float]) -> list[Target]:
    """The targets in the order of trying; those of one `order` are drawn by weight."""
    groups: dict[int, list[Target]] = {}
    for position, target in enumerate(model.targets):
        groups.setdefault(position if target.order is None else target.order, []).append(target)
    drawn: list[Target] = []
    for order in sorted(groups):
        drawn += _draw(groups[order], uniform)
    return drawn


def _draw(targets: list[Target], uniform: Callable[[float, float], float]) -> list[Target]:
    """A weighted shuffle without replacement; the common group of one costs nothing."""
    if len(targets) == 1:
        return targets
    # Efraimidis and Spirakis (2006): the largest u^(1/w) first.
    return sorted(
        targets, key=lambda t: uniform(0.0, 1.0) ** (1.0 / t.weight) if t.weight else 0.0, reverse=True
    )

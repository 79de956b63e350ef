"""Which models there are, by the names that clients use."""

import asyncio
import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from penstock import failures
from penstock.config.tree import Model, Target
from penstock.domain.chat import ChatRequest
from penstock.gateway.lanes import Source

FRESH_SECONDS: Final = 300.0
"""How long a provider's own list of models is believed."""


class Models:
    """Resolves names: listed ones from the configuration, others from what the providers say they have."""

    def __init__(
        self,
        listed: Mapping[str, Model],
        sources: Mapping[str, Source],
        *,
        pass_unlisted: bool,
        clock: Callable[[], float],
    ) -> None:
        self._listed = listed
        self._sources = sources
        self._pass_unlisted = pass_unlisted
        self._clock = clock
        self._known: dict[str, tuple[str, ...]] = {}
        self._asked_at = float("-inf")

    def reload(
        self, listed: Mapping[str, Model], sources: Mapping[str, Source], *, pass_unlisted: bool
    ) -> None:
        """Take over a new configuration."""
        self._listed = listed
        self._sources = sources
        self._pass_unlisted = pass_unlisted
        self._known = {}
        self._asked_at = float("-inf")

    async def find(self, name: str) -> Model:
        """Return the model of that name. Raises UnknownModel with the nearest names."""
        model = self._listed.get(name)
        if model is not None:
            return model
        if self._pass_unlisted:
            owner, _, rest = name.partition("/")
            if rest and owner in self._sources:
                return Model(targets=(Target(provider=owner, model=rest),))
            owners = await self._owners(name)
            if len(owners) == 1:
                return Model(targets=(Target(provider=owners[0], model=name),))
            if owners:
                raise failures.UnknownModel(self._ambiguous(name, owners), param="model")
        raise failures.UnknownModel(self._unknown(name), param="model")

    async def names(self) -> Sequence[str]:
        """All names that would be answered, listed ones first."""
        if not self._pass_unlisted:
            return tuple(self._listed)
        await self._refresh()
        counts: dict[str, int] = {}
        for models in self._known.values():
            for model in models:
                counts[model] = counts.get(model, 0) + 1
        passed = sorted(name for name, count in counts.items() if count == 1 and name not in self._listed)
        return (*self._listed, *passed)

    @property
    def listed(self) -> Mapping[str, Model]:
        return self._listed

    async def _owners(self, name: str) -> list[str]:
        await self._refresh()
        return [source for source, models in self._known.items() if name in models]

    async def _refresh(self) -> None:
        now = self._clock()
        if now - self._asked_at < FRESH_SECONDS:
            return
        self._asked_at = now
        sources = list(self._sources.values())
        answers = await asyncio.gather(*(self._list(source) for source in sources))
        for source, models in zip(sources, answers, strict=True):
            if models is not None:
                self._known[source.name] = models

    @staticmethod
    async def _list(source: Source) -> tuple[str, ...] | None:
        """A provider's models; None when it cannot be asked now (what it said before stays)."""
        try:
            return tuple(await source.provider.models())
        except failures.UpstreamFailure:
            return None

    def _unknown(self, name: str) -> str:
        names = [*self._listed, *(model for models in self._known.values() for model in models)]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = (
            f" Did you mean {' or '.join(near)}?" if near else f" Known: {', '.join(names[:10]) or 'none'}."
        )
        return f"There is no model {name!r}.{hint}"

    @staticmethod
    def _ambiguous(name: str, owners: Sequence[str]) -> str:
        choices = " or ".join(f"{owner}/{name}" for owner in owners)
        return f"Several providers have a model {name!r}; ask for {choices}, or list it under models."


def check_can(model: Model, request: ChatRequest) -> None:
    """Refuse what the model cannot do. Raises InvalidRequest."""
    if model.can is None:
        return
    missing = sorted(request.needs.difference(model.can))
    if missing:
        raise failures.InvalidRequest(
            f"The model {request.model} cannot do: {', '.join(missing)}.", param="model"
        )

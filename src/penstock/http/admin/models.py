"""GET /admin/models: each model with its targets."""

from collections.abc import Callable, Mapping

import msgspec

from penstock.config.tree import Model
from penstock.domain.exchange import Whole
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming
from penstock.http.routes import Route


class TargetView(msgspec.Struct, kw_only=True):
    """Where a model is served."""

    target: str
    """provider/model"""
    weight: float
    order: int | None
    context_window: int | None


class ModelView(msgspec.Struct, kw_only=True):
    """A listed model."""

    name: str
    recovery: str
    targets: list[TargetView]


class ModelList(msgspec.Struct, kw_only=True):
    """The models of the configuration."""

    data: list[ModelView]


class Models:
    """The page about models. `listed` gives those of the configuration in force."""

    def __init__(self, listed: Callable[[], Mapping[str, Model]]) -> None:
        self._listed = listed

    async def all(self, _incoming: Incoming) -> Whole:
        """GET /admin/models."""
        return guard.write(ModelList(data=[view(name, model) for name, model in self._listed().items()]))


def view(name: str, model: Model) -> ModelView:
    """Return what is shown of a model."""
    return ModelView(
        name=name,
        recovery=model.recovery,
        targets=[
            TargetView(
                target=f"{target.provider}/{target.model}",
                weight=target.weight,
                order=target.order,
                context_window=target.context_window,
            )
            for target in model.targets
        ],
    )


def routes(gate: AdminGate, models: Models) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/models",
            handler=guard.Guarded(gate, models.all),
            access="admin",
            summary="The listed models with their targets.",
            reply=ModelList,
        ),
    )

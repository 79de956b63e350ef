"""/admin/budgets: how they stand, who waits for more, and more."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec

from penstock.domain.exchange import Whole
from penstock.domain.money import usd
from penstock.gateway.admission import Parked
from penstock.gateway.budgets import Budgets, State
from penstock.gateway.quotas import nanos
from penstock.http.admin import guard
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming
from penstock.http.routes import Route


class BudgetView(msgspec.Struct, kw_only=True):
    """One budget of one key, user, ... in its present period."""

    budget: str
    """scope/name/period of the rule."""
    name: str
    """Whose."""
    session: str
    counter: str
    """What to name in a grant."""
    usd: str
    """US dollars, as are the next three."""
    spent_usd: str
    held_usd: str
    granted_usd: str
    share: float
    resets: float | None
    """Unix seconds, UTC; null: never."""


class BudgetList(msgspec.Struct, kw_only=True):
    """Those with spending, the fullest first."""

    data: list[BudgetView]


class ParkedView(msgspec.Struct, kw_only=True):
    """A request that waits for a grant."""

    request: str
    counter: str
    scope: str
    name: str
    since: float
    """Unix seconds, UTC."""


class ParkedList(msgspec.Struct, kw_only=True):
    """Of this process, the longest waiting first."""

    data: list[ParkedView]


class NewGrant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How much more a budget may spend in its present period."""

    counter: str
    usd: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]


class Granted(msgspec.Struct, kw_only=True):
    """All that is granted on top of the budget."""

    counter: str
    granted_usd: str


class BudgetPages:
    """Pages about budgets."""

    def __init__(self, budgets: Budgets, parked: Callable[[], Sequence[Parked]]) -> None:
        self._budgets = budgets
        self._parked = parked

    async def all(self, _incoming: Incoming) -> Whole:
        """GET /admin/budgets."""
        return guard.write(BudgetList(data=[view(state) for state in await self._budgets.states()]))

    async def parked(self, _incoming: Incoming) -> Whole:
        """GET /admin/budgets/parked."""
        waiting = sorted(self._parked(), key=lambda each: each.since)
        return guard.write(
            ParkedList(
                data=[
                    ParkedView(
                        request=each.request,
                        counter=each.gauge.claim.key,
                        scope=each.gauge.scope,
                        name=each.gauge.name,
                        since=each.since,
                    )
                    for each in waiting
                ]
            )
        )

    async def grant(self, incoming: Incoming) -> Whole:
        """POST /admin/budgets/grant."""
        wanted = await guard.read(incoming, NewGrant)
        granted = await self._budgets.grant(wanted.counter, nanos(wanted.usd))
        return guard.write(Granted(counter=wanted.counter, granted_usd=usd(granted)))


def view(state: State) -> BudgetView:
    """Return what is shown of a budget."""
    return BudgetView(
        budget=state.id,
        name=state.name,
        session=state.session,
        counter=state.counter,
        usd=usd(state.nanos),
        spent_usd=usd(state.spent),
        held_usd=usd(state.held),
        granted_usd=usd(state.granted),
        share=round(state.share, 6),
        resets=state.resets,
    )


def routes(gate: AdminGate, pages: BudgetPages) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/admin/budgets",
            handler=guard.Guarded(gate, pages.all),
            access="admin",
            summary="How budgets stand.",
            reply=BudgetList,
            failures=(503,),
        ),
        Route(
            method="GET",
            path="/admin/budgets/parked",
            handler=guard.Guarded(gate, pages.parked),
            access="admin",
            summary="Requests of this process that wait until more is granted.",
            reply=ParkedList,
        ),
        Route(
            method="POST",
            path="/admin/budgets/grant",
            handler=guard.Guarded(gate, pages.grant),
            access="admin",
            summary="Allow more in a budget's present period; requests that wait for it go on.",
            body=NewGrant,
            reply=Granted,
            failures=(400, 404, 408, 413, 415, 503),
        ),
    )

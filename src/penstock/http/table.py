"""All routes, from what the door is handed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from penstock.config.load import Loaded
from penstock.config.tree import Model
from penstock.domain.chat import Dialect
from penstock.domain.exchange import Complete
from penstock.gateway.lanes import Lanes
from penstock.http import chat, completions, embeddings, health, messages, models, openapi, responses
from penstock.http.admin import budgets as budgets_page
from penstock.http.admin import circuits as circuits_page
from penstock.http.admin import config as config_page
from penstock.http.admin import keys as keys_page
from penstock.http.admin import ledger as ledger_page
from penstock.http.admin import models as models_page
from penstock.http.admin import requests as requests_page
from penstock.http.admin import status as status_page
from penstock.http.authenticate import AdminGate, Keyring
from penstock.http.billable import Billable, Reader
from penstock.http.health import Health
from penstock.http.routes import Route
from penstock.protocols import ResponseStore
from penstock.storage.database import Database
from penstock.wire import dialects

Names = Callable[[], Awaitable[Sequence[str]]]
MESSAGES: Final = Dialect.ANTHROPIC_MESSAGES


def public_routes(
    reader: Reader,
    complete: Complete,
    *,
    count_tokens: messages.CountTokens,
    kept: responses.Kept,
    store: ResponseStore,
    names: Names,
) -> tuple[Route, ...]:
    """What callers with a key are served."""

    def billable(dialect: Dialect) -> Billable:
        return Billable(reader, dialects.of(dialect), complete)

    return (
        *chat.routes(billable(Dialect.OPENAI_CHAT)),
        *completions.routes(billable(Dialect.OPENAI_COMPLETIONS)),
        *embeddings.routes(billable(Dialect.OPENAI_EMBEDDINGS)),
        *messages.routes(billable(MESSAGES), messages.Counting(reader, dialects.of(MESSAGES), count_tokens)),
        *responses.routes(
            billable(Dialect.OPENAI_RESPONSES), responses.Stored(reader.authenticate, kept, store)
        ),
        *models.routes(models.Models(reader.authenticate, names)),
    )


def admin_routes(
    gate: AdminGate,
    *,
    database: Database,
    flush: requests_page.Flush,
    keyring: Keyring,
    pepper: bytes,
    verify: ledger_page.Verify,
    lanes: Lanes,
    loaded: Callable[[], Loaded],
    listed: Callable[[], Mapping[str, Model]],
    budgets: budgets_page.BudgetPages,
    status: status_page.Status,
) -> tuple[Route, ...]:
    """What the administrator is served."""
    return (
        *requests_page.routes(gate, requests_page.Requests(database, flush)),
        *keys_page.routes(gate, keys_page.Keys(database, keyring, pepper)),
        *ledger_page.routes(gate, ledger_page.Ledger(database, verify)),
        *budgets_page.routes(gate, budgets),
        *circuits_page.routes(gate, circuits_page.Circuits(lanes)),
        *config_page.routes(gate, config_page.Configuration(loaded)),
        *models_page.routes(gate, models_page.Models(listed)),
        *status_page.routes(gate, status),
    )


def open_routes(state: Health, described: Sequence[Route]) -> tuple[Route, ...]:
    """What everybody is served; the description covers `described` and these."""
    routes = health.routes(state)
    return (*routes, *openapi.Document((*described, *routes)).routes())

"""A whole hot room in memory: real parts, made-up providers, and a journal that only remembers."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from penstock.config.tree import Budget, Limit, Model, Price, Retries, Target
from penstock.config.tree import Circuit as CircuitSettings
from penstock.domain.chat import Dialect
from penstock.domain.exchange import Ask
from penstock.domain.identity import Principal, new_id
from penstock.domain.ledger import LedgerRow
from penstock.domain.record import RequestRecord
from penstock.domain.response import StoredResponse
from penstock.gateway.admission import Admission
from penstock.gateway.aside import Aside
from penstock.gateway.breaker import Circuit
from penstock.gateway.catalog import shipped
from penstock.gateway.estimates import Estimates
from penstock.gateway.gateway import Gateway
from penstock.gateway.lanes import Lanes, Source
from penstock.gateway.ledger import Ledger
from penstock.gateway.metered import Meter
from penstock.gateway.models import Models
from penstock.gateway.pricing import Prices
from penstock.gateway.quotas import Quotas
from penstock.gateway.router import Router
from penstock.gateway.stored import Stored
from penstock.protocols import CounterStore
from penstock.providers.scripted import Line, Options, Scripted
from penstock.stores.memory import Memory
from penstock.tokenizers.estimate import estimate
from penstock.wire import dialects, sse

MESSAGES = [{"role": "user", "content": "Say something."}]
BODIES: dict[Dialect, dict[str, Any]] = {
    Dialect.OPENAI_CHAT: {"messages": MESSAGES},
    Dialect.OPENAI_RESPONSES: {"input": "Say something."},
    Dialect.ANTHROPIC_MESSAGES: {"messages": MESSAGES, "max_tokens": 1000},
    Dialect.OPENAI_EMBEDDINGS: {"input": "Say something."},
    Dialect.OPENAI_COMPLETIONS: {"prompt": "Say something."},
}


class Journal:
    """Remembers rows; `hold_back` keeps holds from becoming durable."""

    def __init__(self) -> None:
        self.rows: list[LedgerRow] = []
        self.hold_back = False
        self.waiting: list[asyncio.Future[None]] = []

    def append(self, row: LedgerRow) -> asyncio.Future[None]:
        self.rows.append(row)
        done = asyncio.get_running_loop().create_future()
        if self.hold_back and row.kind == "hold":
            self.waiting.append(done)
        else:
            done.set_result(None)
        return done

    def record(self, record: RequestRecord) -> None:
        raise AssertionError("records go through the recorder")

    def kinds(self) -> list[str]:
        return [row.kind for row in self.rows]


class Remembers:
    """A recorder."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def finish(self, record: RequestRecord) -> None:
        self.records.append(record)


class Kept:
    """A store of responses."""

    def __init__(self) -> None:
        self.all: dict[str, StoredResponse] = {}

    def put(self, response: StoredResponse) -> None:
        self.all[response.id] = response

    async def get(self, response_id: str, owner: str) -> StoredResponse | None:
        found = self.all.get(response_id)
        return found if found and found.owner == owner else None

    async def chain(self, response_id: str, owner: str) -> Sequence[StoredResponse]:
        links: list[StoredResponse] = []
        found = await self.get(response_id, owner)
        while found is not None:
            links.insert(0, found)
            found = await self.get(found.previous_id, owner) if found.previous_id else None
        return links

    async def delete(self, response_id: str, owner: str) -> bool:
        return self.all.pop(response_id, None) is not None


class Rig:
    """The hot room; `providers` are made-up ones by name."""

    def __init__(
        self,
        providers: Mapping[str, Scripted],
        models: Mapping[str, Model],
        *,
        pass_unlisted: bool = False,
        keep_content: bool = False,
        keepalive: float = 5.0,
        circuit: CircuitSettings | None = None,
        retries: Retries | None = None,
        limits: Sequence[Limit] = (),
        budgets: Sequence[Budget] = (),
        store: CounterStore | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.providers = providers
        self.journal = Journal()
        self.recorder = Remembers()
        self.kept = Kept()
        self.tasks: set[asyncio.Task[Any]] = set()
        sources = {name: Source(name, provider, "") for name, provider in providers.items()}
        settings = circuit or CircuitSettings()
        self.lanes = Lanes(sources, lambda: Circuit(settings, loop.time, lambda: 0.0))
        prices = {
            f"{target.provider}/{target.model}": Price(input=1.0, output=2.0)
            for model in models.values()
            for target in model.targets
            if target.model != "unpriced"
        }
        self.meter = Meter(
            Ledger(self.journal, "process", time.time),
            Prices(shipped(), prices),
            Estimates(),
            estimate,
            spawn=self.spawn,
            clock=loop.time,
        )
        self.models = Models(models, sources, pass_unlisted=pass_unlisted, clock=loop.time)
        retrying = retries or Retries(base_delay=0.001)
        self.router = Router(self.lanes, self.meter, retrying, loop.time, lambda low, _: low)
        self.store = store or Memory()
        self.admission = Admission(
            Quotas(limits, budgets),
            self.store,
            self.meter,
            self.lanes,
            find=self.models.find,
            order=lambda model: list(model.targets),
            spawn=self.spawn,
            wall=time.time,
        )
        self.gateway = Gateway(
            self.models,
            self.router,
            Stored(self.kept, time.time),
            self.recorder,  # type: ignore[arg-type]
            self.admission,
            spawn=self.spawn,
            clock=loop.time,
            keepalive=keepalive,
            before_dispatch=False,
            keep_content=keep_content,
        )
        self.aside = Aside(self.models, self.lanes, self.kept, loop.time)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def ask(
        self,
        dialect: Dialect = Dialect.OPENAI_CHAT,
        *,
        model: str = "m",
        stream: bool = False,
        organization: str = "acme",
        key: str = "k",
        within: float | None = None,
        more: Mapping[str, Any] | None = None,
        **headers: Any,
    ) -> Ask:
        fields = {"model": model, **BODIES[dialect], **(more or {})}
        if stream:
            fields["stream"] = True
        now = asyncio.get_running_loop().time()
        return Ask(
            id=new_id(),
            request=dialects.of(dialect).read_request(msgspec.json.encode(fields)),
            principal=Principal(key_id=key, key_name="key", organization=organization),
            arrived=now,
            arrived_at=time.time(),
            deadline=None if within is None else now + within,
            **headers,
        )

    async def text(self, ask: Ask) -> str:
        """The reply's text, streamed or whole, read in the asker's dialect."""
        reply = await self.gateway.complete(ask)
        codec = dialects.of(ask.request.dialect)
        if not ask.request.stream:
            return "".join(getattr(part, "text", "") for part in codec.read_reply(reply.body).parts)
        return text_of(ask, b"".join([piece async for piece in reply]))

    async def settled(self) -> None:
        """Wait for all that was spawned."""
        while self.tasks:
            await asyncio.wait(self.tasks)

    @property
    def record(self) -> RequestRecord:
        return self.recorder.records[-1]


def text_of(ask: Ask, sent: bytes) -> str:
    """Read a stream as its client would. Raises what an error event says."""
    reader = dialects.of(ask.request.dialect).reader()
    events = [event for frame in sse.Splitter().feed(sent) for event in reader.read(frame)]
    return "".join(getattr(event, "text", "") for event in events)


def scripted(*lines: Line, keys: tuple[str, ...] = ("none",), **options: Any) -> Scripted:
    """A provider that plays these lines without waiting."""
    options.setdefault("time_scale", 0.0)
    return Scripted(Options(script=lines, keys=keys, **options))


def model(*targets: str, **settings: Any) -> Model:
    """A model served by `provider/model` targets."""
    made = [Target(provider=t.partition("/")[0], model=t.partition("/")[2]) for t in targets]
    return Model(targets=tuple(made), **settings)


@pytest.fixture
def rig() -> Callable[..., Rig]:
    """Make a hot room."""
    return Rig


@pytest.fixture
def kit() -> Any:
    """The makers of a test's own boundary: scripted providers, lines, models."""

    class Kit:
        line = Line
        provider = staticmethod(scripted)
        model = staticmethod(model)
        text_of = staticmethod(text_of)

    return Kit

"""What is known of one request while it runs; in the end it becomes the request's record."""

from typing import Any, Protocol

from penstock.config.tree import Model, Target
from penstock.domain.chat import Conversation, Dialect, Message
from penstock.domain.exchange import Ask
from penstock.domain.record import AttemptRecord, RequestRecord
from penstock.domain.usage import Usage
from penstock.failures import Failure
from penstock.gateway.lanes import Lane
from penstock.gateway.ticket import Ticket


class Attempt(Protocol):
    """What a run knows of its attempts; `Metered` is one."""

    lane: Lane
    dialect: Dialect

    async def end(self, failure: Failure | None = None) -> None: ...


class Run:
    """Mutable, owned by one request. Times are seconds on the loop's clock."""

    __slots__ = (
        "answer",
        "answered_model",
        "ask",
        "attempts",
        "code",
        "conversation",
        "current",
        "deadline",
        "desperate",
        "dropped",
        "finish_reason",
        "first_failure",
        "first_token",
        "history",
        "message",
        "model",
        "no_prefill",
        "pinned",
        "prefilled",
        "price_version",
        "pulled",
        "recovery",
        "refused",
        "said",
        "started",
        "status",
        "target",
        "targets",
        "ticket",
        "tries",
        "usage",
    )

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.attempts: list[AttemptRecord] = []
        self.started = 1
        """Number that the next attempt gets."""
        self.tries: dict[str, int] = {}
        """Attempts made, by target."""
        self.current: Attempt | None = None
        """The attempt under way, or the last one."""
        self.desperate = False
        """The lane under way was taken although its circuit is open: it gets one attempt."""
        self.pinned: Lane | None = None
        """The lane that is tried again."""
        self.refused: set[Lane] = set()
        """Lanes whose key the provider refused."""
        self.first_failure: Failure | None = None
        self.said = ""
        """What a stream had sent when it died; the next attempt goes on from it."""
        self.prefilled = False
        """The attempt under way was given `said` as the beginning of its answer."""
        self.no_prefill: set[str] = set()
        """Targets that refused a prefill."""
        self.history: tuple[Message, ...] | None = None
        """Earlier turns of a stored conversation, for targets that do not keep it themselves."""
        self.pulled = 0.0
        """Seconds spent waiting for providers; the rest of the time is ours."""
        self.conversation: Conversation | None = None
        """Decoded once, if any target speaks another dialect."""
        self.dropped: tuple[str, ...] = ()
        self.status = 200
        self.code = "ok"
        self.message: str | None = None
        self.target = ""
        self.answered_model = ""
        self.finish_reason: str | None = None
        self.first_token: float | None = None
        self.usage: Usage | None = None
        self.price_version = ""
        self.ticket: Ticket | None = None
        """What limits and budgets said of it; None where there are none."""
        self.answer: bytes | None = None
        """The reply's bytes, kept only where records store content."""

    def plan(self, model: Model, targets: list[Target]) -> None:
        """Set what was asked for, and the targets in the order of trying."""
        ask = self.ask
        self.model = model
        self.targets = targets
        """Still worth trying, in order."""
        total = ask.arrived + model.timeouts.total
        self.deadline = total if ask.deadline is None else min(total, ask.deadline)
        self.recovery = ask.recovery or model.recovery

    def ms(self, moment: float) -> float:
        """Milliseconds from arrival to that moment."""
        return round((moment - self.ask.arrived) * 1000, 3)

    def overhead_ms(self, now: float) -> float:
        """Milliseconds that were ours up to now."""
        return round(max(0.0, now - self.ask.arrived - self.pulled) * 1000, 3)

    @property
    def cost_nanos(self) -> int | None:
        """Sum over all attempts; None when one of them has no known price."""
        total = 0
        for attempt in self.attempts:
            if attempt.cost_nanos is None:
                return None
            total += attempt.cost_nanos
        return total

    def record(self, now: float, *, with_content: bool) -> RequestRecord:
        """Times are on the loop's clock; `with_content` adds the bodies as they went over the wire."""
        ask = self.ask
        who = ask.principal
        return RequestRecord(
            id=ask.id,
            at=ask.arrived_at,
            dialect=ask.request.dialect.value,
            model_asked=ask.request.model,
            stream=ask.request.stream,
            key_id=who.key_id,
            key_name=who.key_name,
            user=who.user,
            team=who.team,
            organization=who.organization,
            session=ask.session,
            client=ask.client,
            traceparent=ask.traceparent,
            feature=ask.feature,
            status=self.status,
            code=self.code,
            message=self.message,
            target=self.target,
            model_answered=self.answered_model,
            finish_reason=self.finish_reason,
            first_token_ms=None if self.first_token is None else self.ms(self.first_token),
            total_ms=self.ms(now),
            overhead_ms=self.overhead_ms(now),
            usage=self.usage,
            cost_nanos=self.cost_nanos,
            price_version=self.price_version,
            attempts=tuple(self.attempts),
            dropped=self.dropped,
            content=self._content() if with_content else None,
        )

    def _content(self) -> dict[str, Any]:  # wire: bodies of any dialect
        request = self.ask.request.body.decode(errors="replace")
        return {"request": request, "reply": (self.answer or b"").decode(errors="replace")}

"""A real small prompt through the gate, to see whether a target answers (G27)."""

import asyncio
import time
from typing import Final

import msgspec

from penstock import failures
from penstock.config.tree import Model, Target, Timeouts
from penstock.domain.chat import ChatRequest, Dialect
from penstock.domain.exchange import Ask
from penstock.domain.identity import Principal, new_id
from penstock.gateway.gateway import Gateway

PROBER: Final = Principal(key_id="probe", key_name="probe")
TIMEOUTS: Final = Timeouts(connect=5.0, first_token=10.0, idle=10.0, total=15.0)
ANSWERED: Final = (failures.Rejected, failures.ContentFilter, failures.RateLimited)
"""Failures that only a target that works gives: an embedding model refuses a chat, for one."""


class Probing:
    """Asks single targets, past routing and names."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, target: str) -> tuple[str | None, int | None]:
        """Ask `provider/model`; return the failure's code (None: it answered) and the nano-dollars."""
        provider, _, name = target.partition("/")
        model = Model(targets=(Target(provider=provider, model=name),), timeouts=TIMEOUTS)
        body = msgspec.json.encode(
            {
                "model": name,
                "messages": [{"role": "user", "content": "Answer with the word: ready"}],
                "max_completion_tokens": 16,
            }
        )
        request = ChatRequest(dialect=Dialect.OPENAI_CHAT, body=body, model=target, max_output_tokens=16)
        ask = Ask(
            id=new_id(),
            request=request,
            principal=PROBER,
            arrived=asyncio.get_running_loop().time(),
            arrived_at=time.time(),
        )
        try:
            run = await self._gateway.ask_target(ask, model)
        except failures.Failure as failure:
            return (None if isinstance(failure, ANSWERED) else failure.code), 0
        return None, run.cost_nanos

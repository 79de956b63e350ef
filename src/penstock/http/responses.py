"""POST /v1/responses, and the stored ones by id."""

import re
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import msgspec

from penstock.domain.exchange import Whole
from penstock.domain.response import StoredResponse, owner_of
from penstock.failures import Failure, InvalidRequest, NotFound
from penstock.http.billable import FAILURES, Authenticate, Billable
from penstock.http.incoming import Incoming
from penstock.http.routes import Parameter, Route
from penstock.protocols import ResponseStore

_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")
Item = dict[str, Any]  # wire: an input item of any type
_GONE: Final = frozenset({404, 410})
_PAGE: Final = (
    Parameter(name="limit", description="Items to return, 1 to 100; 20 by default.", type="integer"),
    Parameter(name="order", description="`asc` or `desc` (the default)."),
    Parameter(name="after", description="Id of the item after which to begin."),
)


class Kept(Protocol):
    """Finds stored responses, and asks the provider that keeps one."""

    async def stored_response(self, ask_owner: str, response_id: str) -> StoredResponse:
        """Raises NotFound, also for what is another tenant's."""
        ...

    async def forward(self, stored: StoredResponse, method: str, path: str) -> Whole:
        """Ask that provider; `path` is below its base. Raises UpstreamFailure."""
        ...


class ResponsesBody(msgspec.Struct, kw_only=True):
    """What is looked at; everything else is passed on as it came (G15)."""

    model: str
    input: Any = None  # wire: text or a list of items
    stream: bool = False
    store: bool = True
    previous_response_id: str | None = None
    max_output_tokens: int | None = None


class Deleted(msgspec.Struct, kw_only=True):
    """A stored response that is gone."""

    id: str
    object: str = "response"
    deleted: bool = True


class Items(msgspec.Struct, kw_only=True):
    """A page of what led to a response."""

    object: str = "list"
    data: list[Item]
    first_id: str | None
    last_id: str | None
    has_more: bool


class Stored:
    """Handlers for one stored response; whoever does not own it gets a 404."""

    def __init__(self, authenticate: Authenticate, kept: Kept, store: ResponseStore) -> None:
        self._authenticate = authenticate
        self._kept = kept
        self._store = store

    async def show(self, incoming: Incoming) -> Whole:
        """GET /v1/responses/{id}."""
        stored = await self._find(incoming)
        if incoming.query.get("stream", "false") != "false":
            raise InvalidRequest("A stored response cannot be streamed again.", param="stream")
        if stored.native:
            return await self._kept.forward(stored, "GET", f"/responses/{stored.id}")
        return Whole(status=200, headers={"x-penstock-target": stored.target}, body=stored.body.encode())

    async def delete(self, incoming: Incoming) -> Whole:
        """DELETE /v1/responses/{id}: ours, and the provider's where it keeps one."""
        stored = await self._find(incoming)
        if stored.native:
            await self._forget(stored)
        await self._store.delete(stored.id, stored.owner)
        return Whole(status=200, headers={}, body=msgspec.json.encode(Deleted(id=stored.id)))

    async def cancel(self, incoming: Incoming) -> Whole:
        """POST /v1/responses/{id}/cancel: only what a provider does in the background can be cancelled."""
        stored = await self._find(incoming)
        if not stored.native:
            raise InvalidRequest("This response is complete; only one in the background can be cancelled.")
        return await self._kept.forward(stored, "POST", f"/responses/{stored.id}/cancel")

    async def input_items(self, incoming: Incoming) -> Whole:
        """GET /v1/responses/{id}/input_items."""
        stored = await self._find(incoming)
        if stored.native:
            chosen = urlencode({p.name: incoming.query[p.name] for p in _PAGE if p.name in incoming.query})
            path = f"/responses/{stored.id}/input_items"
            return await self._kept.forward(stored, "GET", f"{path}?{chosen}" if chosen else path)
        return Whole(status=200, headers={}, body=msgspec.json.encode(page(items_of(stored), incoming.query)))

    async def _find(self, incoming: Incoming) -> StoredResponse:
        principal = await self._authenticate(incoming)
        await incoming.body()
        response_id = incoming.parameters["id"]
        if not _ID.fullmatch(response_id):
            raise NotFound("There is no such response.", param="id")
        return await self._kept.stored_response(owner_of(principal), response_id)

    async def _forget(self, stored: StoredResponse) -> None:
        """Have the provider delete it; one that has it no more is as good."""
        try:
            await self._kept.forward(stored, "DELETE", f"/responses/{stored.id}")
        except Failure as failure:
            status = failure.upstream.status if failure.upstream else failure.status
            if status not in _GONE:
                raise


def items_of(stored: StoredResponse) -> list[Item]:
    """Return what a response was made from as items, each with an id, oldest first."""
    asked = msgspec.json.decode(stored.input)
    if isinstance(asked, str):
        content = [{"type": "input_text", "text": asked}]
        asked = [{"type": "message", "role": "user", "content": content}]
    suffix = stored.id.removeprefix("resp_")
    return [
        {"type": "message", **item}
        if item.get("id")
        else {"id": f"item_{suffix}_{n}", "type": "message", **item}
        for n, item in enumerate(asked)
    ]


def page(items: list[Item], query: dict[str, str]) -> Items:
    """Cut one page out of items. Raises InvalidRequest."""
    limit, order = query.get("limit", "20"), query.get("order", "desc")
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= 100:
        raise InvalidRequest("limit must be 1 to 100.", param="limit")
    if order not in ("asc", "desc"):
        raise InvalidRequest("order must be asc or desc.", param="order")
    ordered = items if order == "asc" else items[::-1]
    ids = [item["id"] for item in ordered]
    after = query.get("after")
    start = ids.index(after) + 1 if after in ids else 0
    chosen = ordered[start : start + int(limit)]
    return Items(
        data=chosen,
        first_id=chosen[0]["id"] if chosen else None,
        last_id=chosen[-1]["id"] if chosen else None,
        has_more=start + int(limit) < len(ordered),
    )


def routes(handler: Billable, stored: Stored) -> tuple[Route, ...]:
    """The routes of this dialect."""
    one = "/v1/responses/{id}"
    return (
        Route(
            method="POST",
            path="/v1/responses",
            handler=handler,
            access="key",
            billable=True,
            summary="Answer a conversation (OpenAI's Responses).",
            body=ResponsesBody,
            failures=FAILURES,
        ),
        Route(
            method="GET",
            path=one,
            handler=stored.show,
            access="key",
            summary="A stored response.",
            query=(Parameter(name="stream", description="Must be false.", type="boolean"),),
            failures=FAILURES,
        ),
        Route(
            method="DELETE",
            path=one,
            handler=stored.delete,
            access="key",
            summary="Delete a stored response.",
            reply=Deleted,
            failures=FAILURES,
        ),
        Route(
            method="POST",
            path=one + "/cancel",
            handler=stored.cancel,
            access="key",
            summary="Cancel a response that is made in the background.",
            failures=FAILURES,
        ),
        Route(
            method="GET",
            path=one + "/input_items",
            handler=stored.input_items,
            access="key",
            summary="What a stored response was made from.",
            reply=Items,
            query=_PAGE,
            failures=FAILURES,
        ),
    )

"""Stored responses by id."""

import msgspec
import pytest

from penstock.domain.chat import Dialect
from penstock.domain.exchange import Whole
from penstock.domain.response import StoredResponse
from penstock.failures import InvalidRequest, ModelMissing, NotFound, ServerFault, Upstream
from penstock.http.billable import Billable
from penstock.http.responses import Stored, items_of, page, routes

OWNER = "organization:acme"


def stored(name: str, owner: str = OWNER, *, native: bool = False, asked: object = "hello") -> StoredResponse:
    return StoredResponse(
        id=name,
        owner=owner,
        target="p/m",
        input="" if native else msgspec.json.encode(asked).decode(),
        body="" if native else msgspec.json.encode({"id": name}).decode(),
        created=1.0,
    )


class Kept:
    """Stored responses, and what providers were asked."""

    def __init__(self) -> None:
        self.all = {
            r.id: r
            for r in (stored("resp_1"), stored("resp_2", "organization:other"), stored("resp_3", native=True))
        }
        self.forwarded: list[tuple[str, str, str]] = []
        self.failure: Exception | None = None

    async def stored_response(self, owner, response_id):
        found = self.all.get(response_id)
        if found is None or found.owner != owner:
            raise NotFound("none")
        return found

    async def forward(self, response, method, path):
        self.forwarded.append((response.target, method, path))
        if self.failure:
            raise self.failure
        return Whole(status=200, headers={}, body=b'{"from":"provider"}')

    async def delete(self, response_id, owner):
        return self.all.pop(response_id, None) is not None


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client(reader, gateway, codec_of, kept, keyring, make_door, client_of):
    billable = Billable(reader, codec_of(Dialect.OPENAI_RESPONSES), gateway)
    return client_of(make_door(*routes(billable, Stored(keyring.authenticate, kept, kept))))


async def test_ours_is_shown(client):
    """A response that we keep comes from our store."""
    assert (await client("GET", "/v1/responses/resp_1")).json() == {"id": "resp_1"}


async def test_native_is_asked_for(client, kept):
    """One that its provider keeps is asked for there."""
    assert (await client("GET", "/v1/responses/resp_3")).json() == {"from": "provider"}
    assert kept.forwarded == [("p/m", "GET", "/responses/resp_3")]


@pytest.mark.parametrize("name", ["resp_2", "resp_9", "..", "a?b", "x" * 300])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_another_tenants_is_a_404(client, kept, name, method):
    """What belongs to others is not there (G30), and no odd id reaches a provider (G28)."""
    assert (await client(method, f"/v1/responses/{name}")).status == 404
    assert kept.forwarded == []


async def test_streaming_a_stored_one_is_refused(client):
    """There is no stream to play again."""
    assert (await client("GET", "/v1/responses/resp_1", query="stream=true")).status == 400


async def test_delete(client, kept):
    """Gone is gone."""
    reply = await client("DELETE", "/v1/responses/resp_1")
    assert reply.json() == {"id": "resp_1", "object": "response", "deleted": True}
    assert "resp_1" not in kept.all


@pytest.mark.parametrize(
    "failure",
    [None, ModelMissing("none"), NotFound("none"), ServerFault("x", upstream=Upstream(status=404))],
)
async def test_delete_of_a_native_one_reaches_its_provider(client, kept, failure):
    """The provider deletes too; one that has it no more is as good."""
    kept.failure = failure
    assert (await client("DELETE", "/v1/responses/resp_3")).status == 200
    assert kept.forwarded == [("p/m", "DELETE", "/responses/resp_3")]
    assert "resp_3" not in kept.all


async def test_failed_delete_keeps_it(client, kept):
    """While the provider still has it, so do we."""
    kept.failure = ServerFault("down")
    assert (await client("DELETE", "/v1/responses/resp_3")).status == 502
    assert "resp_3" in kept.all


async def test_cancel(client, kept):
    """Only what runs with a provider can be cancelled."""
    assert (await client("POST", "/v1/responses/resp_1/cancel")).status == 400
    assert (await client("POST", "/v1/responses/resp_3/cancel")).status == 200
    assert kept.forwarded == [("p/m", "POST", "/responses/resp_3/cancel")]


async def test_input_items(client, kept):
    """What led to a response, as items."""
    found = (await client("GET", "/v1/responses/resp_1/input_items")).json()
    assert found["data"][0]["content"] == [{"type": "input_text", "text": "hello"}]
    await client("GET", "/v1/responses/resp_3/input_items")
    await client("GET", "/v1/responses/resp_3/input_items", query="limit=2&x=y&after=a%26b")
    assert [path for _, _, path in kept.forwarded] == [
        "/responses/resp_3/input_items",
        "/responses/resp_3/input_items?limit=2&after=a%26b",
    ]


def test_items_keep_their_ids_and_types():
    """Items that have an id or a type keep them; the others get one."""
    asked = [{"id": "msg_1", "role": "user"}, {"type": "function_call_output", "call_id": "c"}]
    items = items_of(stored("resp_1", asked=asked))
    assert [(item["id"], item["type"]) for item in items] == [
        ("msg_1", "message"),
        ("item_1_1", "function_call_output"),
    ]


ITEMS = [{"id": str(n)} for n in range(5)]


def test_pages():
    """Newest first, twenty at most, after a given item."""
    assert [item["id"] for item in page(ITEMS, {}).data] == ["4", "3", "2", "1", "0"]
    found = page(ITEMS, {"order": "asc", "limit": "2", "after": "1"})
    assert (found.first_id, found.last_id, found.has_more) == ("2", "3", True)
    assert page([], {}).first_id is None


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"limit": "٣"}, {"order": "up"}])
def test_pages_without_sense(query):
    """A bad limit or order is a 400."""
    with pytest.raises(InvalidRequest):
        page(ITEMS, query)


async def test_a_new_one_passes_the_gate(client, gateway):
    """POST is billable."""
    await client("POST", "/v1/responses", b'{"model":"m"}')
    assert gateway.asked[0].request.dialect is Dialect.OPENAI_RESPONSES

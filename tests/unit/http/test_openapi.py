"""The description of what is served."""

from typing import Any

import msgspec

from penstock.http.openapi import Document, describe
from penstock.http.routes import Parameter, Route


class Wanted(msgspec.Struct):
    """A body."""

    name: str


class Given(msgspec.Struct):
    """A reply."""

    items: list[Wanted]


async def nothing(incoming: Any) -> Any:
    raise AssertionError


ROUTES = (
    Route(
        method="POST",
        path="/v1/things/{id}/make",
        handler=nothing,
        access="key",
        billable=True,
        summary="Make a thing.",
        body=Wanted,
        reply=Given,
        failures=(404,),
        query=(Parameter(name="limit", description="How many.", type="integer"),),
    ),
    Route(method="GET", path="/any/{name:path}", handler=nothing, access="open", summary="Any."),
    Route(method="GET", path="/", handler=nothing, access="admin", summary="Root."),
)


def test_operation():
    """A route becomes an operation with its body, its reply and its failures."""
    document = describe(ROUTES)
    operation = document["paths"]["/v1/things/{id}/make"]["post"]
    assert operation["operationId"] == "post_things_by_id_make"
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Wanted")
    assert [p["name"] for p in operation["parameters"]][:2] == ["id", "limit"]
    assert set(operation["responses"]) == {"200", "401", "404", "431", "503", "default"}
    assert "text/event-stream" in operation["responses"]["200"]["content"]
    assert set(document["components"]["schemas"]) == {"Wanted", "Given"}


def test_open_path():
    """The rest of a path is a parameter like any other."""
    operation = describe(ROUTES)["paths"]["/any/{name}"]["get"]
    assert (operation["security"], operation["operationId"]) == ([], "get_any_by_name")


def test_administration_names_its_key():
    """Only the admin key opens it."""
    assert describe(ROUTES)["paths"]["/"]["get"]["security"] == [{"admin": []}]


async def test_the_description_describes_itself(make_door, client_of):
    """It is served without a key, and complete."""
    document = Document(ROUTES)
    reply = await client_of(make_door(*document.routes()))("GET", "/openapi.json")
    assert reply.json()["openapi"] == "3.1.0"
    assert "/openapi.json" in reply.json()["paths"]

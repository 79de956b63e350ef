"""The table of routes."""

import pytest

from penstock.failures import NotFound
from penstock.http.failures import WrongMethod
from penstock.http.routes import Route, Table


async def nothing(incoming):
    raise AssertionError


def route(method: str, path: str) -> Route:
    return Route(method=method, path=path, handler=nothing, access="open", summary="s")


@pytest.fixture
def table() -> Table:
    return Table(
        [
            route("GET", "/a"),
            route("GET", "/m/{name:path}"),
            route("GET", "/r/{id}"),
            route("DELETE", "/r/{id}"),
            route("POST", "/r/{id}/cancel"),
        ]
    )


@pytest.mark.parametrize(
    ("method", "path", "found", "parts"),
    [
        ("GET", "/a", "/a", {}),
        ("HEAD", "/a", "/a", {}),
        ("GET", "/r/1", "/r/{id}", {"id": "1"}),
        ("DELETE", "/r/1", "/r/{id}", {"id": "1"}),
        ("POST", "/r/1/cancel", "/r/{id}/cancel", {"id": "1"}),
        ("GET", "/m/meta/llama 3\n", "/m/{name:path}", {"name": "meta/llama 3\n"}),
    ],
)
def test_finds(table, method, path, found, parts):
    """Exact paths, one open part, and all the rest of a path."""
    route, open_parts = table.find(method, path)
    assert (route.path, open_parts) == (found, parts)


@pytest.mark.parametrize("path", ["", "/", "/a/", "/r/", "/r/1/2", "/m", "*"])
def test_finds_nothing(table, path):
    """There is no route by resemblance."""
    with pytest.raises(NotFound):
        table.find("GET", path)


def test_names_the_methods_that_there_are(table):
    """405 lists what the path takes."""
    with pytest.raises(WrongMethod) as wrong:
        table.find("PUT", "/r/1")
    assert wrong.value.allowed == "DELETE, GET"

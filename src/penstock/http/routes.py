"""The table of routes: what is served, to whom, and what each takes and gives."""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal

import msgspec

from penstock.domain.exchange import Streaming, Whole
from penstock.failures import NotFound
from penstock.http.failures import WrongMethod
from penstock.http.incoming import Incoming

Handler = Callable[[Incoming], Awaitable[Whole | Streaming]]
Access = Literal["open", "key", "admin"]

OPEN_PART = re.compile(r"\{(\w+)(:path)?\}")


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of the query."""

    name: str
    description: str
    type: Literal["string", "integer", "boolean"] = "string"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method on one path. `{name}` takes one part of a path, `{name:path}` all the rest."""

    method: str
    path: str
    handler: Handler
    access: Access
    summary: str
    billable: bool = False
    """Costs money: it must pass the gateway (G24)."""
    body: Any = None  # a type, for the description only
    """msgspec type of the request's body; None: it takes none."""
    reply: Any = None  # a type, for the description only
    """msgspec type of a successful reply; None: not JSON, or the dialect's own."""
    reply_type: str = "application/json"
    query: tuple[Parameter, ...] = ()
    failures: tuple[int, ...] = ()
    """Statuses besides those that every route of its access has."""
    status: int = 200


class Table:
    """Finds the route for a method and a path: by dict, and a few patterns for paths with an id."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        by_pattern: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            if "{" in route.path:
                by_pattern.setdefault(route.path, {})[route.method] = route
            else:
                self._exact.setdefault(route.path, {})[route.method] = route
        for path in sorted(by_pattern, key=lambda path: ":path" in path):
            self._patterns.append((pattern(path), by_pattern[path]))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the open parts of its path. Raises NotFound, WrongMethod."""
        methods = self._exact.get(path)
        parts: dict[str, str] = {}
        if methods is None:
            methods, parts = self._match(path)
        route = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        if route is None:
            allowed = ", ".join(sorted(methods))
            raise WrongMethod(f"This path takes {allowed}.", allowed)
        return route, parts

    def _match(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        for known, methods in self._patterns:
            match = known.fullmatch(path)
            if match:
                return methods, match.groupdict()
        raise NotFound("There is nothing at this path.")


def pattern(path: str) -> re.Pattern[str]:
    """Turn a route's path into the pattern that its requests match."""
    parts: list[str] = []
    end = 0
    for part in OPEN_PART.finditer(path):
        parts += [re.escape(path[end : part.start()]), f"(?P<{part[1]}>{'.+' if part[2] else '[^/]+'})"]
        end = part.end()
    return re.compile("".join(parts) + re.escape(path[end:]), re.DOTALL)

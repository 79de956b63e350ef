"""GET /openapi.json: OpenAPI 3.1, made from the table of routes."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from penstock import __version__
from penstock.domain.exchange import Whole
from penstock.http.incoming import Incoming
from penstock.http.routes import OPEN_PART, Route

REFERENCE: Final = "#/components/schemas/{name}"
BY_ACCESS: Final[dict[str, tuple[int, ...]]] = {"open": (), "key": (401, 503), "admin": (401, 503)}
"""Statuses that all routes of an access may answer with; 431 is added everywhere."""
SECURITY: Final[dict[str, list[dict[str, list[str]]]]] = {
    "open": [],
    "key": [{"bearer": []}, {"x-api-key": []}, {"api-key": []}],
    "admin": [{"admin": []}],
}
SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "api-key": {"type": "apiKey", "in": "header", "name": "api-key"},
    "admin": {"type": "http", "scheme": "bearer", "description": "The admin key."},
}
CONTROLS: Final = {
    "x-penstock-deadline-ms": "Milliseconds within which an answer is of use.",
    "x-penstock-recovery": "off, resume or whole: what happens when a stream dies.",
    "x-penstock-max-cost-usd": "Refuse what would cost more.",
    "x-penstock-session": "Name of the session that the request belongs to.",
}

Json = dict[str, Any]  # wire: a JSON document


class Document:
    """Handler of the description; it is made once."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._body = msgspec.json.encode(describe((*routes, *self.routes())))

    async def __call__(self, _incoming: Incoming) -> Whole:
        return Whole(status=200, headers={}, body=self._body)

    def routes(self) -> tuple[Route, ...]:
        """The description's own route."""
        return (
            Route(
                method="GET", path="/openapi.json", handler=self, access="open", summary="This description."
            ),
        )


def describe(routes: Sequence[Route]) -> Json:
    """Return the OpenAPI document of these routes."""
    shapes = [shape for route in routes for shape in (route.body, route.reply) if shape is not None]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=REFERENCE)
    described = iter(schemas)
    paths: dict[str, Json] = {}
    for route in routes:
        body = next(described) if route.body is not None else None
        reply = next(described) if route.reply is not None else None
        path = OPEN_PART.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, body, reply)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Penstock", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": SCHEMES,
            "responses": {"Failure": _failure()},
        },
    }


def _operation(route: Route, body: Json | None, reply: Json | None) -> Json:
    operation: Json = {
        "summary": route.summary,
        "operationId": _name(route),
        "security": SECURITY[route.access],
        "parameters": _parameters(route),
        "responses": _responses(route, reply),
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _responses(route: Route, reply: Json | None) -> Json:
    content: Json = {route.reply_type: {"schema": reply or {}}}
    if route.billable:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    answers: Json = {str(route.status): {"description": HTTPStatus(route.status).phrase, "content": content}}
    for status in sorted({*route.failures, *BY_ACCESS[route.access], 431}):
        answers[str(status)] = {"$ref": "#/components/responses/Failure"}
    if route.billable:
        answers["default"] = {"$ref": "#/components/responses/Failure"}
    return answers


def _parameters(route: Route) -> list[Json]:
    parts: list[Json] = [
        {"name": part[1], "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for part in OPEN_PART.finditer(route.path)
    ]
    parts += (
        {"name": p.name, "in": "query", "description": p.description, "schema": {"type": p.type}}
        for p in route.query
    )
    if route.billable:
        parts += (
            {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}
            for name, description in CONTROLS.items()
        )
    return parts


def _name(route: Route) -> str:
    words = route.path.replace("{", "by/").replace(":path}", "").replace("}", "").split("/")
    named = [word for word in words if word and word != "v1"] or ["root"]
    return "_".join([route.method.lower(), *named]).replace(".", "_")


def _failure() -> Json:
    schema = {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "object", "additionalProperties": True}},
    }
    return {
        "description": "A failure in the dialect of the path, or what the provider said, unmodified.",
        "content": {"application/json": {"schema": schema}},
    }

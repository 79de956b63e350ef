"""GET /v1/models, in the form that the client's headers ask for."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from penstock.domain.exchange import Whole
from penstock.failures import UnknownModel
from penstock.http.billable import Authenticate
from penstock.http.incoming import Incoming
from penstock.http.routes import Route

Names = Callable[[], Awaitable[Sequence[str]]]


class OpenAIModel(msgspec.Struct, kw_only=True):
    """A model as OpenAI's clients know it; when it was made is not known here."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = "penstock"


class OpenAIModels(msgspec.Struct, kw_only=True):
    """All models that may be asked for."""

    object: str = "list"
    data: list[OpenAIModel]


class AnthropicModel(msgspec.Struct, kw_only=True):
    """A model as Anthropic's clients know it."""

    id: str
    type: str = "model"
    display_name: str
    created_at: str = "1970-01-01T00:00:00Z"


class AnthropicModels(msgspec.Struct, kw_only=True):
    """All models that may be asked for, on one page."""

    data: list[AnthropicModel]
    has_more: bool = False
    first_id: str | None
    last_id: str | None


class Models:
    """Handlers of both paths."""

    def __init__(self, authenticate: Authenticate, names: Names) -> None:
        self._authenticate = authenticate
        self._names = names

    async def all(self, incoming: Incoming) -> Whole:
        """GET /v1/models."""
        await self._authenticate(incoming)
        names = await self._names()
        if not _is_anthropic(incoming):
            return _whole(OpenAIModels(data=[OpenAIModel(id=name) for name in names]))
        return _whole(
            AnthropicModels(
                data=[AnthropicModel(id=name, display_name=name) for name in names],
                first_id=names[0] if names else None,
                last_id=names[-1] if names else None,
            )
        )

    async def one(self, incoming: Incoming) -> Whole:
        """GET /v1/models/{name}; names may hold slashes."""
        await self._authenticate(incoming)
        name = incoming.parameters["name"]
        if name not in await self._names():
            raise UnknownModel(f"There is no model {name[:200]!r}.", param="model")
        if _is_anthropic(incoming):
            return _whole(AnthropicModel(id=name, display_name=name))
        return _whole(OpenAIModel(id=name))


def routes(models: Models) -> tuple[Route, ...]:
    """The routes of this file."""
    return (
        Route(
            method="GET",
            path="/v1/models",
            handler=models.all,
            access="key",
            summary="The models that may be asked for.",
            reply=OpenAIModels,
            failures=(503,),
        ),
        Route(
            method="GET",
            path="/v1/models/{name:path}",
            handler=models.one,
            access="key",
            summary="One model.",
            reply=OpenAIModel,
            failures=(404, 503),
        ),
    )


def _is_anthropic(incoming: Incoming) -> bool:
    return b"anthropic-version" in incoming.headers


def _whole(reply: msgspec.Struct) -> Whole:
    return Whole(status=200, headers={}, body=msgspec.json.encode(reply))

"""A provider behind HTTP, whatever its dialect: what differs between two of them comes as data."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from yarl import URL

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Answer, Call, ProviderKey
from penstock.transport.chunks import Chunks
from penstock.transport.client import USER_AGENT, Incoming, Outgoing, Transport
from penstock.transport.headers import passable
from penstock.transport.site import Site
from penstock.wire import dialects

PATHS: Final[Mapping[Dialect, str]] = {
    Dialect.OPENAI_CHAT: "/chat/completions",
    Dialect.OPENAI_RESPONSES: "/responses",
    Dialect.OPENAI_EMBEDDINGS: "/embeddings",
    Dialect.OPENAI_COMPLETIONS: "/completions",
    Dialect.ANTHROPIC_MESSAGES: "/messages",
}
TRANSLATED: Final = (Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_RESPONSES)
"""Each can be translated into each other; earlier ones are preferred."""
WHOLE_MOST: Final = 64 << 20
"""Bytes that a complete answer may have."""
ERROR_MOST: Final = 64 << 10
"""Bytes that are kept of an error's body."""
EXCERPT_MOST: Final = 500
"""Characters that are kept of an answer that cannot be understood."""
SAFE_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~:%-][A-Za-z0-9_.~:%-]*)+(?:\?[A-Za-z0-9_.~:%=&\[\]-]*)?")
STREAM: Final = "text/event-stream"


class Remote:
    """A `Provider` over the process's transport."""

    def __init__(self, name: str, site: Site, transport: Transport) -> None:
        self._name = name
        self._site = site
        self._transport = transport
        self._urls: dict[tuple[str, str], URL] = {}
        self._headers = {
            (credential.name, stream): {
                "user-agent": USER_AGENT,
                "accept": STREAM if stream else "application/json",
                "accept-encoding": "identity",
                "content-type": "application/json",
                **site.headers,
                **credential.headers,
            }
            for credential in site.credentials
            for stream in (False, True)
        }
        self.keys: Sequence[ProviderKey] = tuple(
            ProviderKey(name=credential.name, weight=credential.weight) for credential in site.credentials
        )
        self.quirks = site.quirks

    def dialect_for(self, asked: Dialect) -> Dialect | None:
        native = self._site.native
        if asked in native:
            return asked
        if asked in TRANSLATED:
            return next((dialect for dialect in TRANSLATED if dialect in native), None)
        return None

    async def send(self, call: Call) -> Answer:
        incoming = await self._transport.send(
            Outgoing(
                url=self._url(call.path or PATHS[call.dialect], call.model),
                headers=self._headers_for(call),
                body=call.body,
                method=call.method,
                connect=call.connect,
                first_token=call.first_token,
                idle=call.idle,
                deadline=call.deadline,
            )
        )
        try:
            return await self._answer(incoming, call)
        except BaseException:
            await incoming.chunks.aclose()
            raise

    async def models(self) -> Sequence[str]:
        call = Call(
            dialect=self._site.errors,
            model="",
            body=b"",
            stream=False,
            method="GET",
            path=self._site.models_path,
            first_token=10.0,
        )
        answer = await self.send(call)
        try:
            listed = msgspec.json.decode(answer.body, type=ModelList)
        except msgspec.MsgspecError as error:
            raise failures.InvalidAnswer(f"{self._name} did not answer with a list of models.") from error
        return tuple(model.id.removeprefix("models/") for model in listed.data)

    async def warm(self) -> None:
        """Open a connection ahead of the first call, where TLS makes that worth while."""
        if self._site.base.scheme == "https":
            await self._transport.warm(self._site.base)

    async def aclose(self) -> None:
        """Nothing of its own is open: connections are the transport's."""

    def _url(self, path: str, model: str) -> URL:
        known = self._urls.get((path, model if self._site.deployments else ""))
        return known or self._new_url(path, model)

    def _new_url(self, path: str, model: str) -> URL:
        if not SAFE_PATH.fullmatch(path):
            raise failures.NotFound("There is no such path.")
        site = self._site
        base = site.base
        if site.deployments and path in PATHS.values():
            base = base / "deployments" / model
        url = URL(str(base).rstrip("/") + path, encoded=True)
        if site.query:
            url = url.extend_query(site.query)
        if path in PATHS.values() and len(self._urls) < 1000:
            self._urls[path, model if site.deployments else ""] = url
        return url

    def _headers_for(self, call: Call) -> Mapping[str, str]:
        headers = self._headers[call.key or self.keys[0].name, call.stream]
        if not call.headers:
            return headers
        merged = dict(headers)
        own: set[str] = set()
        for name, value in call.headers:
            if name.startswith(self._site.takes):
                merged[name] = f"{merged[name]},{value}" if name in own else value
                own.add(name)
        return merged

    async def _answer(self, incoming: Incoming, call: Call) -> Answer:
        status = incoming.status
        content_type = incoming.headers.get("content-type", "")
        if not 200 <= status < 300:
            raise await self._refusal(incoming, call, content_type)
        headers = passable(incoming.headers)
        if call.stream and not content_type.startswith(("application/json", "text/html")):
            return Answer(
                status=status, headers=headers, content_type=content_type or STREAM, chunks=incoming.chunks
            )
        body = await whole(incoming.chunks, call)
        if call.stream or not looks_like_json(content_type, body):
            raise self._misfit(status, headers, content_type, body, call)
        return Answer(status=status, headers=headers, content_type=content_type, body=body)

    async def _refusal(self, incoming: Incoming, call: Call, content_type: str) -> failures.UpstreamFailure:
        """What a status other than 2xx means: the dialect knows (G10)."""
        body = await incoming.chunks.beginning(ERROR_MOST)
        if 300 <= incoming.status < 400:
            failure: failures.UpstreamFailure = failures.InvalidAnswer(
                f"{self._name} answered with a redirect, which is not followed: check its base_url."
            )
        else:
            failure = dialects.of(call.dialect).classify(incoming.status, incoming.headers, body)
        failure.upstream = failures.Upstream(
            status=incoming.status,
            body=body,
            content_type=content_type,
            headers=passable(incoming.headers),
            dialect=call.dialect,
        )
        return failure

    def _misfit(
        self, status: int, headers: Mapping[str, str], content_type: str, body: bytes, call: Call
    ) -> failures.UpstreamFailure:
        """A 200 that is not what was asked for: an error object in disguise (P01), or nonsense (P05)."""
        failure: failures.UpstreamFailure = failures.InvalidAnswer(
            f"{self._name} answered with {content_type or 'no content type'} where "
            f"{'a stream' if call.stream else 'JSON'} was asked for."
        )
        if looks_like_json(content_type, body):
            try:
                dialects.of(call.dialect).read_reply(body)
            except failures.UpstreamFailure as told:
                failure = told
        failure.upstream = failures.Upstream(
            status=status,
            body=body[: 4 * EXCERPT_MOST].decode(errors="replace")[:EXCERPT_MOST].encode(),
            content_type=content_type,
            headers=headers,
            dialect=call.dialect,
        )
        return failure


class Model(msgspec.Struct):
    id: str


class ModelList(msgspec.Struct):
    data: list[Model]


async def whole(chunks: Chunks, call: Call) -> bytes:
    """The complete body; for a stream that turned out to be none, as much as explains it."""
    return await (chunks.beginning(ERROR_MOST) if call.stream else chunks.whole(WHOLE_MOST))


def looks_like_json(content_type: str, body: bytes) -> bool:
    """Some servers send JSON as text/plain; none sends HTML that begins with a brace."""
    return content_type.startswith("application/json") or body[:64].lstrip()[:1] in (b"{", b"[")

"""OpenAI's embeddings: texts in, vectors out. Passed on, never translated, never streamed."""

# ruff: noqa: ARG002 - the protocol hands in what other dialects need

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Reply
from penstock.failures import Failure, InvalidRequest, UpstreamFailure
from penstock.wire import errors, failure_bodies, json_body, leftovers, sse, usage
from penstock.wire.codec import Encoded, Quirks, StreamReader, StreamWriter

_UNTRANSLATED: Final = "Embeddings are only served by targets that speak OpenAI's embeddings."
_UNSTREAMED: Final = "Embeddings are not streamed."


class Facts(msgspec.Struct):
    """The input may be text, texts, tokens or lists of tokens."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    input: str | Annotated[list[str | int | list[int]], msgspec.Meta(min_length=1)]
    encoding_format: str | None = None
    dimensions: int | None = None
    user: str | None = None


class Answer(msgspec.Struct):
    """The vectors themselves are stepped over."""

    data: msgspec.Raw = msgspec.Raw()
    model: str | None = None
    usage: dict[str, Any] | None = None  # wire: counts under the provider's names
    error: msgspec.Raw = msgspec.Raw()


_DECODER: Final = msgspec.json.Decoder(Answer)


class OpenaiEmbeddings:
    """codec.Codec for /v1/embeddings."""

    dialect = Dialect.OPENAI_EMBEDDINGS

    def read_request(self, body: bytes) -> ChatRequest:
        facts = json_body.facts(json_body.parse(body), Facts)
        return ChatRequest(dialect=self.dialect, body=body, model=facts.model)

    def address(self, request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
        members = json_body.members(request.body)
        members["model"] = json_body.raw(model)
        dropped = leftovers.refused(members, quirks.drop)
        return Encoded(body=json_body.joined(members), dropped=dropped)

    def decode(self, body: bytes) -> Conversation:
        raise InvalidRequest(_UNTRANSLATED)

    def encode(self, conversation: Conversation, model: str, quirks: Quirks) -> Encoded:
        raise InvalidRequest(_UNTRANSLATED)

    def read_reply(self, body: bytes) -> Reply:
        """Read the usage; vectors are no parts of a reply."""
        answer = errors.understood(_DECODER, body, self.dialect)
        if errors.is_given(answer.error):
            raise errors.classify(200, {}, body, self.dialect)
        if not bytes(answer.data).startswith(b"["):
            raise errors.not_an_answer(body, "it has no data", self.dialect)
        counted = usage.openai(usage.merge({}, answer.usage)) if answer.usage else None
        return Reply(id="", model=answer.model or "", parts=(), finish_reason="stop", usage=counted)

    def write_reply(self, reply: Reply, request: ChatRequest) -> bytes:
        raise InvalidRequest(_UNTRANSLATED)

    def reader(self) -> StreamReader:
        raise InvalidRequest(_UNSTREAMED)

    def writer(self, request: ChatRequest) -> StreamWriter:
        raise InvalidRequest(_UNSTREAMED)

    def write_failure(self, failure: Failure, request_id: str) -> bytes:
        return failure_bodies.openai(failure, self.dialect)

    def write_failure_frame(self, failure: Failure, request_id: str) -> bytes:
        return sse.data_frame(failure_bodies.one_line(self.write_failure(failure, request_id)))

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamFailure:
        return errors.classify(status, headers, body, self.dialect)

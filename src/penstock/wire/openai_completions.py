"""OpenAI's older completions: a prompt, perhaps a suffix, and text. Passed on, never translated."""

# ruff: noqa: ARG002 - the protocol hands in what other dialects need

from collections.abc import Mapping
from typing import Annotated

import msgspec

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Reply
from penstock.failures import Failure, InvalidRequest, UpstreamFailure
from penstock.wire import errors, failure_bodies, json_body, sse
from penstock.wire.codec import Encoded, Quirks, StreamReader, StreamWriter
from penstock.wire.openai_chat import reply as replies
from penstock.wire.openai_chat import request as requests
from penstock.wire.openai_chat.reader import Reader

_UNTRANSLATED = "Completions are only served by targets that speak completions."


class Facts(requests.Facts, kw_only=True):
    """A prompt may be text, texts, tokens or lists of tokens."""

    prompt: str | Annotated[list[str | int | list[int]], msgspec.Meta(min_length=1)] | None = None
    suffix: str | None = None


class OpenaiCompletions:
    """codec.Codec for /v1/completions."""

    dialect = Dialect.OPENAI_COMPLETIONS

    def read_request(self, body: bytes) -> ChatRequest:
        facts = json_body.facts(json_body.parse(body), Facts)
        return requests.request_of(facts, body, self.dialect, cap=facts.max_tokens)

    def address(self, request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
        return requests.address(request, model, quirks)

    def decode(self, body: bytes) -> Conversation:
        raise InvalidRequest(_UNTRANSLATED)

    def encode(self, conversation: Conversation, model: str, quirks: Quirks) -> Encoded:
        raise InvalidRequest(_UNTRANSLATED)

    def read_reply(self, body: bytes) -> Reply:
        return replies.read(body, self.dialect)

    def write_reply(self, reply: Reply, request: ChatRequest) -> bytes:
        raise InvalidRequest(_UNTRANSLATED)

    def reader(self) -> StreamReader:
        return Reader(self.dialect)

    def writer(self, request: ChatRequest) -> StreamWriter:
        raise InvalidRequest(_UNTRANSLATED)

    def write_failure(self, failure: Failure, request_id: str) -> bytes:
        return failure_bodies.openai(failure, self.dialect)

    def write_failure_frame(self, failure: Failure, request_id: str) -> bytes:
        return sse.data_frame(failure_bodies.one_line(self.write_failure(failure, request_id)))

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamFailure:
        return errors.classify(status, headers, body, self.dialect)

"""codec.Codec for /v1/responses."""

# ruff: noqa: ARG002 - the protocol hands in what other dialects need

from collections.abc import Mapping

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Reply
from penstock.failures import Failure, UpstreamFailure
from penstock.wire import errors, failure_bodies
from penstock.wire.codec import Encoded, Quirks, StreamReader, StreamWriter
from penstock.wire.openai_responses import failed, from_hub, to_hub
from penstock.wire.openai_responses import reply as replies
from penstock.wire.openai_responses import request as requests
from penstock.wire.openai_responses.reader import Reader
from penstock.wire.openai_responses.writer import Writer


class OpenaiResponses:
    """All of the dialect, one line each; see codec.Codec."""

    dialect = Dialect.OPENAI_RESPONSES

    def read_request(self, body: bytes) -> ChatRequest:
        return requests.read(body)

    def address(self, request: ChatRequest, model: str, quirks: Quirks) -> Encoded:
        return requests.address(request, model, quirks)

    def decode(self, body: bytes) -> Conversation:
        return to_hub.conversation(body)

    def encode(self, conversation: Conversation, model: str, quirks: Quirks) -> Encoded:
        return from_hub.request(conversation, model, quirks)

    def read_reply(self, body: bytes) -> Reply:
        return replies.read(body)

    def write_reply(self, reply: Reply, request: ChatRequest) -> bytes:
        return replies.write(reply, request)

    def reader(self) -> StreamReader:
        return Reader()

    def writer(self, request: ChatRequest) -> StreamWriter:
        return Writer(request)

    def write_failure(self, failure: Failure, request_id: str) -> bytes:
        return failure_bodies.openai(failure, self.dialect)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamFailure:
        return errors.classify(status, headers, body, self.dialect)

    def write_failure_frame(self, failure: Failure, request_id: str) -> bytes:
        return failed.frames(failure, request_id)

"""codec.Codec for /v1/messages."""

from collections.abc import Mapping

from penstock.domain.chat import ChatRequest, Conversation, Dialect, Reply
from penstock.failures import Failure, UpstreamFailure
from penstock.wire import errors, failure_bodies, sse
from penstock.wire.anthropic_messages import from_hub, to_hub
from penstock.wire.anthropic_messages import reply as replies
from penstock.wire.anthropic_messages import request as requests
from penstock.wire.anthropic_messages.reader import Reader
from penstock.wire.anthropic_messages.writer import Writer
from penstock.wire.codec import Encoded, Quirks, StreamReader, StreamWriter


class AnthropicMessages:
    """All of the dialect, one line each; see codec.Codec."""

    dialect = Dialect.ANTHROPIC_MESSAGES

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
        return failure_bodies.anthropic(failure, request_id)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamFailure:
        return errors.classify(status, headers, body, self.dialect)

    def write_failure_frame(self, failure: Failure, request_id: str) -> bytes:
        return sse.event_frame("error", failure_bodies.one_line(self.write_failure(failure, request_id)))

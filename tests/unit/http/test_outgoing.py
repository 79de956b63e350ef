"""One reply as it goes out."""

import pytest

from penstock.domain.exchange import Whole
from penstock.http.outgoing import Outgoing, header_value


def nothing() -> None:
    """Nobody listens."""


class Sent(list):
    """Messages that an ASGI server was given."""

    async def __call__(self, message):
        self.append(message)


@pytest.mark.parametrize(
    ("value", "bytes_"),
    [("openai/gpt", b"openai/gpt"), ("a\r\nx: y", b"a  x: y"), ("größe", b"gr\\xf6\\xdfe")],
)
def test_header_values_are_safe(value, bytes_):
    """Nothing that a name holds can end a header or be no ASCII."""
    assert header_value(value) == bytes_


async def test_headers_and_first_frame_follow_each_other(frames):
    """Nothing is awaited between headers and first frame, so that they leave in one write (G6)."""
    sent = Sent()
    await Outgoing(sent, "id").stream(frames([b"1"]), nothing)
    assert [message["type"].rpartition(".")[2] for message in sent] == ["start", "body", "body"]
    assert sent[1] == {"type": "http.response.body", "body": b"1", "more_body": True}


async def test_stream_is_closed_when_sending_fails(frames):
    """A stream is closed, whatever happened."""

    async def broken(message):
        raise ConnectionError

    stream = frames([b"1"])
    with pytest.raises(ConnectionError):
        await Outgoing(broken, "id").stream(stream, nothing)
    assert stream.closed == 1


async def test_closing_reply_says_so():
    """`connection: close` tells the client not to come back on this connection."""
    sent = Sent()
    outgoing = Outgoing(sent, "id")
    await outgoing.whole(Whole(status=201, headers={}, body=b"x"), close=True)
    assert (b"connection", b"close") in sent[0]["headers"]
    assert (outgoing.status, outgoing.begun) == (201, True)

"""The made-up provider, byte by byte."""

import asyncio

import pytest

from penstock.drill.upstream import Connection, Scene, fine, framed, head_for, head_of
from penstock.stage import faults
from penstock.stage.play import EVENTS, Play

ASK = b'{"model":"m","stream":true,"messages":[]}'


class Wire:
    """Stands in for the socket's transport: keeps what is written."""

    def __init__(self) -> None:
        self.sent = b""
        self.closed = False
        self.aborted = False
        self.options: list[tuple] = []

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed = True

    def abort(self):
        self.aborted = True

    def is_closing(self):
        return self.closed or self.aborted

    def get_extra_info(self, _name):
        return self

    def setsockopt(self, *option):
        self.options.append(option)


class FakeTransport(Wire, asyncio.Transport):
    pass


@pytest.fixture
def connected():
    def make(act=fine, scale=1.0):
        scene = Scene([act], scale)
        connection = Connection({"case": scene}, set())
        wire = FakeTransport()
        connection.connection_made(wire)
        return scene, connection, wire

    return make


def request(path="/case/0/v1/chat/completions", body=ASK, method="POST") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nauthorization: Bearer k\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def test_a_request_is_answered_and_written_down(connected):
    """The play of its place goes out, and who came is known."""
    scene, connection, wire = connected()
    connection.data_received(request())
    assert wire.sent.startswith(b"HTTP/1.1 200")
    assert wire.sent.endswith(b"0\r\n\r\n")
    (arrival,) = scene.at(0)
    assert (arrival.key, arrival.number, arrival.turn.model) == ("Bearer k", 1, "m")


async def test_a_request_may_come_in_pieces(connected):
    """Bytes are cut anywhere."""
    scene, connection, wire = connected()
    for byte in request():
        assert not wire.sent
        connection.data_received(bytes([byte]))
    assert len(scene.arrivals) == 1


async def test_a_connection_serves_several_requests(connected):
    """Keep-alive, also when the second request comes early."""
    scene, connection, _ = connected()
    connection.data_received(request() + request())
    connection.data_received(request())
    assert [arrival.number for arrival in scene.arrivals] == [1, 2, 3]


async def test_s05_a_reset_sends_nothing(connected):
    """S05: the socket is told not to linger, and dropped."""
    _, connection, wire = connected(faults.s05)
    connection.data_received(request())
    assert (wire.sent, wire.aborted, len(wire.options)) == (b"", True, 1)


async def test_s06_silence_keeps_the_connection(connected):
    """S06: accepted, and nothing else."""
    _, connection, wire = connected(faults.s06)
    connection.data_received(request())
    assert (wire.sent, wire.is_closing()) == (b"", False)


async def test_s08_a_cut_stream_has_no_last_chunk(connected):
    """S08: HTTP's own end is missing too."""
    _, connection, wire = connected(lambda _turn: Play(content_type=EVENTS, ending="cut"))
    connection.data_received(request())
    assert wire.closed
    assert not wire.sent.endswith(b"0\r\n\r\n")


async def test_waits_are_kept(connected):
    """S07: headers at once, the body later."""
    _, connection, wire = connected(faults.s07, scale=0.001)
    connection.data_received(request())
    assert wire.sent.endswith(b"\r\n\r\n")
    await asyncio.sleep(0.1)
    assert b"word60" in wire.sent


async def test_p14_a_caller_who_leaves_is_noticed(connected):
    """P14: when it was, on the loop's clock."""
    scene, connection, _ = connected(faults.s06)
    connection.data_received(request())
    connection.connection_lost(None)
    assert scene.arrivals[0].gone_at is not None


async def test_a_slow_reader_is_waited_for(connected):
    """Nothing is written while the buffer is full."""
    _, connection, wire = connected()
    connection.pause_writing()
    connection.data_received(request())
    before = len(wire.sent)
    connection.resume_writing()
    assert len(wire.sent) > before


@pytest.mark.parametrize(
    ("path", "method", "answer"),
    [
        ("/case/0/v1/models", "GET", b"primary"),
        ("/case/0/v1/messages/count_tokens", "POST", b"input_tokens"),
        ("/", "HEAD", b"200"),
        ("/nowhere", "POST", b"404"),
    ],
)
async def test_what_else_a_gateway_asks_is_answered(connected, path, method, answer):
    """Models, counts, and whether anyone is there."""
    _, connection, wire = connected()
    connection.data_received(request(path, method=method))
    assert answer in wire.sent


def test_a_cut_answer_announces_more_than_it_has():
    """P04: the length does not fit."""
    assert b"content-length: 0" in head_for(Play())
    play = faults.stopped(faults.Turn(dialect="openai_chat"), 1, "cut")
    assert f"content-length: {2 * len(play.body)}".encode() in head_for(play)
    assert framed(Play(), b"x") == b"x"
    assert framed(None, b"x") == b"x"


def test_a_head_is_read():
    """Names in lower case, a missing length is none."""
    head = head_of(b"POST /x HTTP/1.1\r\nX-Api-Key: k")
    assert (head.method, head.path, head.key, head.length) == ("POST", "/x", "k", 0)

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.failures import InvalidAnswer
from penstock.wire import sse

STREAM = 'data: {"a":"€ü"}\n\nevent: x\ndata: 1\ndata: 2\n\n: note\n\n'.encode()


def fed(body: bytes, cuts: list[int]) -> tuple[list[bytes], bytes]:
    splitter = sse.Splitter()
    frames: list[bytes] = []
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        frames += splitter.feed(body[start:end])
    return frames, splitter.rest


@given(st.lists(st.integers(0, 1000)), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_frames_are_the_same_wherever_the_stream_is_cut(cuts, line_end):
    """G6: three frames come out with their bytes, however reads cut characters and line ends."""
    body = STREAM.replace(b"\n", line_end)
    frames, rest = fed(body, cuts)
    assert b"".join(frames) + rest == body
    assert rest in (b"", b"\n")
    assert [sse.data_of(frame) for frame in frames] == [
        (None, '{"a":"€ü"}'.encode()),
        ("x", b"1\n2"),
        (None, None),
    ]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_no_byte_is_lost_or_made_up(body, cuts):
    """G1: whatever is sent, frames and rest are the bytes received."""
    frames, rest = fed(body, cuts)
    assert b"".join(frames) + rest == body


def test_the_line_feed_of_a_cr_lf_is_waited_for():
    """G6: a frame is not cut between the CR and the LF of its last line."""
    splitter = sse.Splitter()
    assert splitter.feed(b"data: 1\r\n\r") == []
    assert splitter.feed(b"\ndata: 2\r\n\r\n") == [b"data: 1\r\n\r\n", b"data: 2\r\n\r\n"]


def test_a_stream_of_bare_crs_does_not_wait():
    """G6: with old line ends, the frame is there with its last byte."""
    assert sse.Splitter().feed(b"data: 1\r\r") == [b"data: 1\r\r"]


def test_an_unfinished_frame_is_the_rest():
    """G3: what has no blank line is no event."""
    splitter = sse.Splitter()
    assert splitter.feed(b"data: 1\n\ndata: 2\n") == [b"data: 1\n\n"]
    assert splitter.rest == b"data: 2\n"


@pytest.mark.parametrize("filler", [b"x", b"\r", b"x\r\n"])
def test_one_endless_event_is_a_clean_failure(filler):
    """P08: 10 MB of one event fails with bounded memory, in linear time."""
    splitter = sse.Splitter()
    chunk = b"data:" + filler.replace(b"\r", b"\rx") * (65_536 // len(filler))
    started = time.process_time()
    with pytest.raises(InvalidAnswer):
        for _ in range(10_000_000 // len(chunk) + 1):
            splitter.feed(chunk)
            assert len(splitter.rest) <= sse.MAX_FRAME
    assert splitter.rest == b""
    assert time.process_time() - started < 5


def test_an_event_that_comes_in_one_piece_is_bounded_too():
    """P08: the limit holds for a frame that is complete."""
    with pytest.raises(InvalidAnswer):
        sse.Splitter(limit=10).feed(b"data: 123456\n\n")


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"data: 1\n\n", (None, b"1")),
        (b"data:1\n\n", (None, b"1")),
        (b"data:  1\n\n", (None, b" 1")),
        (b"data: 1\r\n\r\n", (None, b"1")),
        (b"\xef\xbb\xbfdata: 1\n\n", (None, b"1")),
        (b"\ndata: 1\n\n", (None, b"1")),
        (b"event: e\nid: 7\ndata\n\n", ("e", b"")),
        (b"retry: 10\n\n", (None, None)),
        (sse.KEEPALIVE, (None, None)),
        (sse.DONE, (None, b"[DONE]")),
    ],
)
def test_name_and_data_are_found(frame, expected):
    """G6: comments, names, other fields, byte order marks and missing spaces."""
    assert sse.data_of(frame) == expected


def test_built_frames_are_read_back():
    """What is built is what is read."""
    assert sse.data_of(sse.data_frame(b"{}")) == (None, b"{}")
    assert sse.data_of(sse.event_frame("e", b"{}")) == ("e", b"{}")

"""Server-sent events as bytes (WHATWG HTML, section 9.2): cut into frames, looked into, built."""

import re
from typing import Final

from penstock.failures import InvalidAnswer

KEEPALIVE: Final = b": keep-alive\n\n"
"""A comment: clients skip it, proxies see traffic."""
DONE: Final = b"data: [DONE]\n\n"
MAX_FRAME: Final = 8 * 1024 * 1024
"""Bytes of one event; images come as base64 inside one, so it is not small."""

_BOM: Final = b"\xef\xbb\xbf"
# Atomic groups: CR LF is one line end and is never taken apart into two.
_BLANK_LINE: Final = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LONGEST_END: Final = 4


class Splitter:
    """Cuts a stream of chunks, themselves cut anywhere, into complete frames.

    The frames, joined, are the bytes received: nothing is normalised. Work is linear in the bytes
    and memory is bounded by `limit` plus one chunk, whatever is sent.
    """

    def __init__(self, limit: int = MAX_FRAME) -> None:
        """`limit` is in bytes, for one frame."""
        self._limit = limit
        self._buffer = bytearray()
        self._carriage = False

    @property
    def rest(self) -> bytes:
        """What is unfinished; at the end of a stream it is not an event."""
        return bytes(self._buffer)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the frames that this chunk completes, each with its terminating blank line.

        Raises InvalidAnswer when one frame is longer than the limit; the splitter is empty then.
        """
        self._carriage = self._carriage or b"\r" in chunk
        scanned = max(0, len(self._buffer) - _LONGEST_END + 1)
        self._buffer += chunk
        frames = self._blank_lines(scanned) if self._carriage else self._line_feeds(scanned)
        if len(self._buffer) > self._limit or any(len(frame) > self._limit for frame in frames):
            self._buffer.clear()
            message = f"The provider sent an event of more than {self._limit} bytes."
            raise InvalidAnswer(message)
        return frames

    def _line_feeds(self, scanned: int) -> list[bytes]:
        """Cut where no CR was ever seen: the usual case, at the speed of memchr."""
        buffer = self._buffer
        frames: list[bytes] = []
        start = 0
        end = buffer.find(b"\n\n", scanned)
        while end >= 0:
            frames.append(bytes(buffer[start : end + 2]))
            start = end + 2
            end = buffer.find(b"\n\n", start)
        del buffer[:start]
        return frames

    def _blank_lines(self, scanned: int) -> list[bytes]:
        buffer = self._buffer
        frames: list[bytes] = []
        start = 0
        while match := _BLANK_LINE.search(buffer, max(start, scanned)):
            end = match.end()
            ends = match.group()
            if end == len(buffer) and ends.endswith(b"\r") and b"\n" in ends:
                break  # the LF of a CR LF may still come; a stream of bare CRs does not wait
            frames.append(bytes(buffer[start:end]))
            start = end
        del buffer[:start]
        return frames


def data_of(frame: bytes) -> tuple[str | None, bytes | None]:
    """Return the event's name and its data, None where it has none; comments give (None, None)."""
    if frame.startswith(b"data:") and frame.find(b"\n") == len(frame) - 2 and b"\r" not in frame:
        return None, frame[6:-2] if frame[5:6] == b" " else frame[5:-2]
    name: str | None = None
    data: list[bytes] = []
    for line in frame.removeprefix(_BOM).splitlines():
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return name, b"\n".join(data) if data else None


def data_frame(data: bytes) -> bytes:
    """Build a frame without a name; `data` is one line."""
    return b"data: %b\n\n" % data


def event_frame(name: str, data: bytes) -> bytes:
    """Build a named frame; `data` is one line."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)

"""Structured logs: one line per request, written by a thread, without prompts and without secrets.

A request's line is put on a queue as it is; a thread makes text of it, several times a second, and
writes whole batches. A slow or full disk or pipe costs lines, which are counted, and never a request.
"""

import logging
import re
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TextIO

import msgspec

from penstock.config.tree import Telemetry
from penstock.domain.money import usd
from penstock.domain.record import RequestRecord

EVERY: Final = 0.1
"""Seconds between two batches."""
QUEUE: Final = 20_000
"""Lines that may wait."""
SERVER_ERROR: Final = 500
_SECRETS: Final = re.compile(
    r"(bearer\s+|x-api-key['\": ]+)[^\s'\"]{4,}"
    r"|(://[^/\s:@]*:)[^/\s@]+(?=@)"
    r"|\b(?:psk_|sk-|gsk_|AIza)[\w-]{8,}",
    re.IGNORECASE,
)
"""Second line of defence; secrets of the configuration cannot be formatted in the first place."""

Line = RequestRecord | logging.LogRecord


class Logs(logging.Handler):
    """Takes the lines of requests and, as a handler, those of the standard library's loggers."""

    def __init__(self, settings: Telemetry, stream: TextIO, dropped: Callable[[], None]) -> None:
        """`dropped` is told of each line lost."""
        super().__init__(settings.log_level.upper())
        self._stream = stream
        self._dropped = dropped
        self._write: Callable[[Line], str] = _as_json if settings.log_format == "json" else _as_text
        self._queue: deque[Line] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="penstock-logs", daemon=True)

    def start(self) -> None:
        """Begin to write, and take over the root logger."""
        logging.captureWarnings(capture=True)
        root = logging.getLogger()
        root.addHandler(self)
        root.setLevel(self.level)
        self._thread.start()

    def end(self) -> None:
        """Write what waits and end; safe to call twice.

        Not `close`, which the standard library calls whenever somebody configures logging anew.
        """
        if self._thread.is_alive():
            logging.getLogger().removeHandler(self)
            logging.captureWarnings(capture=False)
            self._ending.set()
            self._thread.join()

    def request(self, record: RequestRecord) -> None:
        """Log a request; about a microsecond."""
        if (logging.WARNING if record.status >= SERVER_ERROR else logging.INFO) >= self.level:
            self._put(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of a logger."""
        self._put(record)

    def _put(self, line: Line) -> None:
        if len(self._queue) >= QUEUE:
            self._dropped()
        else:
            self._queue.append(line)

    def _run(self) -> None:
        while not self._ending.wait(EVERY):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        batch = [self._queue.popleft() for _ in range(len(self._queue))]
        if not batch:
            return
        try:
            self._stream.write("".join(f"{self._text(line)}\n" for line in batch))
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            for _ in batch:
                self._dropped()

    def _text(self, line: Line) -> str:
        try:
            return self._write(line)
        except (TypeError, ValueError) as mistake:
            # A logger was given a format that its arguments do not fit.
            return msgspec.json.encode(
                {"level": "error", "event": f"a log line was malformed: {mistake}"}
            ).decode()


def scrubbed(text: str) -> str:
    """Mask what looks like a secret."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[2] or ''}***", text)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(line: Line) -> str:
    fields = _request_fields(line) if isinstance(line, RequestRecord) else _logger_fields(line)
    return msgspec.json.encode(
        {key: value for key, value in fields.items() if value not in (None, "")}
    ).decode()


def _request_fields(record: RequestRecord) -> dict[str, object]:
    usage = record.usage
    return {
        "at": _time(record.at),
        "level": "warning" if record.status >= SERVER_ERROR else "info",
        "event": "request",
        "id": record.id,
        "dialect": record.dialect,
        "model": record.model_asked,
        "target": record.target,
        "status": record.status,
        "code": record.code,
        "stream": record.stream,
        "attempts": len(record.attempts),
        "first_token_ms": record.first_token_ms,
        "total_ms": record.total_ms,
        "overhead_ms": record.overhead_ms,
        "input_tokens": usage and usage.input_tokens,
        "output_tokens": usage and usage.output_tokens,
        "cost_usd": None if record.cost_nanos is None else usd(record.cost_nanos),
        "key": record.key_name,
        "user": record.user,
        "team": record.team,
        "organization": record.organization,
        "session": record.session,
        "client": record.client,
        "traceparent": record.traceparent,
    }


def _logger_fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        "at": _time(record.created),
        "level": record.levelname.lower(),
        "event": scrubbed(record.getMessage()),
        "logger": record.name,
        "exception": _exception(record),
    }


def _exception(record: logging.LogRecord) -> str | None:
    if not record.exc_info:
        return None
    return scrubbed(logging.Formatter().formatException(record.exc_info))


def _as_text(line: Line) -> str:
    if isinstance(line, RequestRecord):
        return _request_text(line)
    exception = _exception(line)
    text = f"{_time(line.created)} {line.levelname.lower():7} {scrubbed(line.getMessage())}"
    return f"{text}\n{exception}" if exception else text


def _request_text(record: RequestRecord) -> str:
    usage = record.usage
    tokens = f"{usage.input_tokens}+{usage.output_tokens} tokens" if usage else "no usage"
    cost = "price unknown" if record.cost_nanos is None else f"${usd(record.cost_nanos)}"
    tries = f" {len(record.attempts)} attempts" if len(record.attempts) > 1 else ""
    return (
        f"{_time(record.at)} {record.status} {record.code} {record.model_asked} -> {record.target or '-'}"
        f" {record.total_ms:.0f} ms{tries} {tokens} {cost} {record.key_name} {record.id}"
    )

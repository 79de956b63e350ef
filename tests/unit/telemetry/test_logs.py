import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest

from penstock.config.tree import Telemetry
from penstock.domain.record import AttemptRecord, RequestRecord
from penstock.domain.usage import Usage
from penstock.telemetry import logs as module
from penstock.telemetry.logs import Logs, scrubbed

REQUEST = RequestRecord(
    id="0190-id",
    at=1_795_176_000.25,
    dialect="openai_chat",
    model_asked="fast",
    target="openai/gpt-4o-mini",
    key_name="ci",
    user="ada",
    message="may quote a prompt",
    content={"request": "a prompt"},
    total_ms=512.4,
    usage=Usage(input_uncached=1200, output_text=34),
    cost_nanos=660_000,
    attempts=(AttemptRecord(number=1, provider="openai", model="gpt-4o-mini"),),
)


@pytest.fixture
def lost() -> list[int]:
    return []


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger as it was, afterwards."""
    root = logging.getLogger()
    level = root.level
    yield root
    root.setLevel(level)


def written(settings: Telemetry, *lines: RequestRecord | logging.LogRecord) -> str:
    stream = io.StringIO()
    logs = Logs(settings, stream, lambda: None)
    for line in lines:
        if isinstance(line, RequestRecord):
            logs.request(line)
        else:
            logs.handle(line)
    logs._drain()
    return stream.getvalue()


def line(text: str, *arguments: object, level: int = logging.INFO, **more: object) -> logging.LogRecord:
    return logging.LogRecord("penstock.test", level, "file", 1, text, arguments, more.get("exc_info"))  # type: ignore[arg-type]


def test_a_request_is_one_line_of_json() -> None:
    """Who, what, where, how long and how much; empty fields are left out."""
    (text,) = written(Telemetry(), REQUEST).splitlines()
    assert json.loads(text) == {
        "at": "2026-11-20T12:00:00.250Z",
        "level": "info",
        "event": "request",
        "id": "0190-id",
        "dialect": "openai_chat",
        "model": "fast",
        "target": "openai/gpt-4o-mini",
        "status": 200,
        "code": "ok",
        "stream": False,
        "attempts": 1,
        "total_ms": 512.4,
        "overhead_ms": 0.0,
        "input_tokens": 1200,
        "output_tokens": 34,
        "cost_usd": "0.00066",
        "key": "ci",
        "user": "ada",
    }


def test_prompts_are_not_logged() -> None:
    """Neither content nor a provider's message, which may quote a prompt, in either form."""
    assert "prompt" not in written(Telemetry(), REQUEST)
    assert "prompt" not in written(Telemetry(log_format="text"), REQUEST)


def test_text_for_people() -> None:
    """One line with the same facts in the order in which one asks for them."""
    text = written(Telemetry(log_format="text"), REQUEST)
    assert text == (
        "2026-11-20T12:00:00.250Z 200 ok fast -> openai/gpt-4o-mini 512 ms "
        "1200+34 tokens $0.00066 ci 0190-id\n"
    )


def test_text_of_a_failure() -> None:
    """What is not known is said to be unknown."""
    again = AttemptRecord(number=2, provider="openai", model="gpt-4o-mini")
    failed = RequestRecord(
        id="i",
        at=0,
        dialect="d",
        model_asked="m",
        status=502,
        code="c",
        attempts=(again, again),
        cost_nanos=None,
    )
    text = written(Telemetry(log_format="text"), failed)
    assert text == "1970-01-01T00:00:00.000Z 502 c m -> - 0 ms 2 attempts no usage price unknown  i\n"


def test_levels_are_kept() -> None:
    """At `warning` only failures of a server's kind are lines, from requests and loggers alike."""
    settings = Telemetry(log_level="warning")
    failed = RequestRecord(id="bad", at=0, dialect="d", model_asked="m", status=500)
    stream = io.StringIO()
    logs = Logs(settings, stream, lambda: None)
    logs.request(REQUEST)
    logs.request(failed)
    logs._drain()
    assert [json.loads(text)["id"] for text in stream.getvalue().splitlines()] == ["bad"]


def test_loggers_lines_have_their_exception() -> None:
    """The name of the logger, the level, the message and the traceback."""
    try:
        raise KeyError("nothing there")  # noqa: TRY301
    except KeyError as mistake:
        raised = (KeyError, mistake, mistake.__traceback__)
    entry = json.loads(written(Telemetry(), line("oh %s", "no", level=logging.ERROR, exc_info=raised)))
    assert (entry["level"], entry["event"], entry["logger"]) == ("error", "oh no", "penstock.test")
    assert "nothing there" in entry["exception"]
    text = written(Telemetry(log_format="text"), line("oh no", exc_info=raised), line("plain"))
    assert "info    oh no\nTraceback" in text
    assert text.endswith("info    plain\n")


def test_a_malformed_line_is_a_line_too() -> None:
    """A logger called with arguments that do not fit loses its text and nothing else."""
    first, second = written(Telemetry(), line("%d", "word"), REQUEST).splitlines()
    assert "malformed" in json.loads(first)["event"]
    assert json.loads(second)["id"] == "0190-id"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("key psk_ab12_s3cr3ts3cr3t used", "key *** used"),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("sk-proj-abcdefghijkl", "***"),
        ("{'x-api-key': 'abcdefgh'}", "{'x-api-key': '***'}"),
        ("postgresql://me:hunter2@db/x", "postgresql://me:***@db/x"),
        ("nothing to hide: http://127.0.0.1:4141/v1", "nothing to hide: http://127.0.0.1:4141/v1"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, clean: str) -> None:
    """Keys of ours and of providers, bearer tokens, passwords in addresses."""
    assert scrubbed(text) == clean


def test_a_thread_writes(root: logging.Logger) -> None:
    """Between start and close, all lines of all loggers are written, the last ones at the end."""
    stream = io.StringIO()
    logs = Logs(Telemetry(log_level="info"), stream, lambda: None)
    logs.start()
    logging.getLogger("someone.else").info("hello")
    logs.request(REQUEST)
    logs.end()
    logs.end()
    logging.getLogger("someone.else").warning("too late")
    hello, request = (json.loads(text) for text in stream.getvalue().splitlines())
    assert (hello["event"], request["event"]) == ("hello", "request")


def test_batches_are_written_while_it_runs(root: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line does not wait for the end."""
    monkeypatch.setattr(module, "EVERY", 0.001)
    seen = threading.Event()

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            seen.set()
            return super().write(text)

    logs = Logs(Telemetry(), Stream(), lambda: None)
    logs.start()
    logs.request(REQUEST)
    assert seen.wait(10)
    logs.end()


def test_a_full_queue_drops_and_counts(lost: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a slow disk."""
    monkeypatch.setattr(module, "QUEUE", 1)
    logs = Logs(Telemetry(), io.StringIO(), lambda: lost.append(1))
    logs.request(REQUEST)
    logs.request(REQUEST)
    assert lost == [1]


def test_a_closed_stream_costs_lines_only(lost: list[int]) -> None:
    """What cannot be written is counted as lost."""
    stream = io.StringIO()
    logs = Logs(Telemetry(), stream, lambda: lost.append(1))
    stream.close()
    logs.request(REQUEST)
    logs._drain()
    logs._drain()
    assert lost == [1]

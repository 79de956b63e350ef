"""The fault wall as data: what the primary does, and what must happen then."""

from collections.abc import Callable
from typing import Final

import msgspec

from penstock.domain.chat import Dialect
from penstock.stage import speech
from penstock.stage.play import EVENTS, Piece, Play, Turn, events, refuse, say, told_to

Act = Callable[[Turn], Play]
BAD_KEY: Final = "drill-rejected-key"
"""The credential that P11 refuses."""
HTML: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
DIES_AFTER: Final = 40
SILENT_AFTER: Final = 20
GARBLED_AT: Final = 10
ENDLESS: Final = 10_000_000


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One row. Rows without `primary` need more than a misbehaving answer: see `drill`."""

    id: str
    fault: str
    must: str
    primary: Act | None = None
    fallback: Act = say
    whole: bool = True
    """It can also happen to an answer that is not streamed."""
    stream: bool = True
    recoveries: tuple[str, ...] = ("off",)
    """What the request asks for; each is a case of its own."""
    dialects: tuple[Dialect, ...] = (
        Dialect.OPENAI_CHAT,
        Dialect.OPENAI_RESPONSES,
        Dialect.ANTHROPIC_MESSAGES,
    )


ALL_RECOVERIES: Final = ("off", "resume", "whole")


def rate_limited(turn: Turn, *headers: tuple[str, str]) -> Play:
    kind = "rate_limit_error" if turn.dialect is Dialect.ANTHROPIC_MESSAGES else "requests"
    return refuse(turn, 429, kind, code="rate_limit_exceeded", headers=headers)


def unavailable(turn: Turn) -> Play:
    return refuse(turn, 503, "api_error", message="Service unavailable (made up).")


def overloaded(turn: Turn) -> Play:
    return refuse(turn, 529, "overloaded_error", message="Overloaded (made up).")


def s01(turn: Turn) -> Play:
    if turn.number > 1:
        return say(turn)
    return rate_limited(turn, seconds(2, turn))


def s03(turn: Turn) -> Play:
    return refuse(turn, 500, "server_error") if turn.number == 1 else say(turn)


def s05(turn: Turn) -> Play:
    return Play(status=0, ending="reset") if turn.number == 1 else say(turn)


def s06(turn: Turn) -> Play:  # noqa: ARG001 - an act is handed its turn
    return Play(status=0, ending="silence")


def s07(turn: Turn) -> Play:
    """Headers at once, the first byte of the answer after 20 s."""
    play = say(turn)
    first, *others = play.pieces
    return msgspec.structs.replace(play, pieces=(Piece(first.data, 20 * turn.scale), *others))


def stopped(turn: Turn, after: int, ending: str) -> Play:
    """The answer up to some content; one that is not streamed, up to its middle."""
    if not turn.stream:
        body = say(turn).body
        return Play(
            pieces=(Piece(body[: len(body) // 2]),), ending="silence" if ending == "silence" else "cut"
        )
    frames = speech.frames(turn.dialect, told_to(turn))
    kept = frames.opening + frames.content[:after]
    return events(kept, ending="silence" if ending == "silence" else "cut", wait=0.005)


def s08(turn: Turn) -> Play:
    return stopped(turn, DIES_AFTER, "cut")


def s09(turn: Turn) -> Play:
    return stopped(turn, SILENT_AFTER, "silence")


def s10(turn: Turn) -> Play:
    frames = speech.frames(turn.dialect, told_to(turn))
    garbled = b'data: {"id": "chatcmpl-1", "choices": [{"delta": {"conte\n\n'
    content = (*frames.content[: GARBLED_AT - 1], garbled, *frames.content[GARBLED_AT:])
    return events(frames.opening + content + frames.closing + frames.done, wait=0.005)


def s11(turn: Turn) -> Play:
    """The answer is complete and the connection stays open without the last word."""
    frames = speech.frames(turn.dialect, told_to(turn))
    return events(frames.opening + frames.content + frames.closing, ending="silence")


def s12(turn: Turn) -> Play:
    return refuse(
        turn,
        400,
        "invalid_request_error",
        code="context_length_exceeded",
        message="prompt is too long: 208310 tokens > 200000 maximum",
    )


def s13(turn: Turn) -> Play:
    return refuse(
        turn, 400, "invalid_request_error", code="content_filter", message="Blocked by the made-up filter."
    )


def no_prefill(turn: Turn) -> Play:
    if turn.prefill is None:
        return say(turn)
    return refuse(turn, 400, "invalid_request_error", message="This model does not support prefill.")


def s15(turn: Turn) -> Play:
    return unavailable(turn) if turn.elapsed < 60 * turn.scale else say(turn)


def p01(turn: Turn) -> Play:
    body = speech.error(turn.dialect, "server_error", "server_error", "An error in a 200 (made up).")
    return Play(pieces=(Piece(body),))


def p02(turn: Turn) -> Play:
    return events((speech.error_frame(turn.dialect, "overloaded_error", "overloaded", "Overloaded"),))


def p03(turn: Turn) -> Play:
    frames = speech.frames(turn.dialect, told_to(turn))
    error = speech.error_frame(turn.dialect, "server_error", "server_error", "An error after content.")
    return events((*frames.opening, *frames.content[:SILENT_AFTER], error), wait=0.005)


def p04(turn: Turn) -> Play:
    body = say(turn).body
    return Play(pieces=(Piece(body[: len(body) // 2]),)) if turn.number == 1 else say(turn)


def p05(turn: Turn) -> Play:  # noqa: ARG001 - an act is handed its turn
    return Play(content_type="text/html", pieces=(Piece(HTML),))


def p06(turn: Turn) -> Play:
    return say(turn, with_usage=False)


def p07(turn: Turn) -> Play:
    """Usage in every chunk, growing, as several servers send it; the last one is the total."""
    told = told_to(turn)
    frames = speech.frames(turn.dialect, told)
    if turn.dialect is Dialect.ANTHROPIC_MESSAGES:
        growing = tuple(
            speech.event(
                "message_delta", {"type": "message_delta", "delta": {}, "usage": {"output_tokens": n}}
            )
            for n in (10, 30)
        )
        return events(frames.opening + frames.content + growing + frames.closing + frames.done)
    content = tuple(
        speech.chat_chunk(
            told,
            {"content": token},
            usage={"prompt_tokens": 12, "completion_tokens": n, "total_tokens": 12 + n},
        )
        for n, token in enumerate(told.tokens, 1)
    )
    return events(frames.opening + content + frames.closing + frames.done)


def p08(turn: Turn) -> Play:  # noqa: ARG001 - an act is handed its turn
    block = b"x" * 100_000
    start = Piece(b'data: {"choices": [{"delta": {"content": "')
    return Play(content_type=EVENTS, pieces=(start, *[Piece(block)] * (ENDLESS // len(block))))


def p09(turn: Turn) -> Play:
    """One byte of the answer per second."""
    play = say(turn)
    drops = tuple(Piece(bytes([byte]), turn.scale) for byte in play.body)
    return msgspec.structs.replace(play, pieces=drops)


def p10(turn: Turn) -> Play:
    return overloaded(turn) if turn.elapsed < 20 * turn.scale else say(turn)


def p11(turn: Turn) -> Play:
    if BAD_KEY in turn.key:
        return refuse(turn, 401, "authentication_error", code="invalid_api_key")
    return say(turn)


def p13(turn: Turn) -> Play:
    """A date long past on the first call, then a whole day."""
    if turn.number == 1:
        return rate_limited(turn, ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"))
    return rate_limited(turn, ("retry-after", "86400"))


def slowly(turn: Turn) -> Play:
    """An answer that takes so long that its client has time to leave, at any point of it."""
    play = say(turn)
    pieces = tuple(Piece(piece.data, 0.05) for piece in play.pieces)
    return msgspec.structs.replace(play, pieces=pieces, wait=0.3, ending="silence")


def seconds(wait: float, turn: Turn) -> tuple[str, str]:
    """`Retry-After`, in the finer form where the wait is not a whole number."""
    scaled = wait * turn.scale
    if scaled == int(scaled):
        return "retry-after", str(int(scaled))
    return "retry-after-ms", str(int(scaled * 1000))


FAULTS: Final = (
    Fault(
        id="S01",
        fault="one 429 with Retry-After: 2, then fine",
        must="waits ≥ 1.8 s or fails over; ≤ 2 attempts in the first 1.5 s",
        primary=s01,
    ),
    Fault(
        id="S02",
        fault="429 for ever, no header",
        must="jittered back-off, then failover; ≤ 4 attempts in 3 s, ≤ 6 in all",
        primary=rate_limited,
    ),
    Fault(
        id="S03",
        fault="one 500, then fine",
        must="retried on the same target, answered",
        primary=s03,
    ),
    Fault(
        id="S04",
        fault="503 for ever",
        must="failover; ≤ 6 attempts on the primary; the original error if there is nowhere to go",
        primary=unavailable,
    ),
    Fault(id="S05", fault="connection reset before any byte", must="answered", primary=s05),
    Fault(
        id="S06",
        fault="accepts and never answers",
        must="one attempt on the silent target, answered by the fallback within limit + 2 s",
        primary=s06,
    ),
    Fault(
        id="S07",
        fault="headers at once, first token after 20 s",
        must="answered; with a first-token limit of 10 s, by the fallback within 15 s",
        primary=s07,
    ),
    Fault(
        id="S08",
        fault="stream dies after 40 of 60 tokens",
        must="off: error event; resume, whole: the complete answer; never a clean end on a part",
        primary=s08,
        recoveries=ALL_RECOVERIES,
    ),
    Fault(
        id="S09",
        fault="silence after 20 tokens, connection open",
        must="noticed within the silence limit; as S08; healthy afterwards",
        primary=s09,
        recoveries=ALL_RECOVERIES,
    ),
    Fault(
        id="S10",
        fault="tenth event is not JSON",
        must="in-place recovery or a clean failure; process healthy",
        primary=s10,
        whole=False,
    ),
    Fault(
        id="S11",
        fault="complete, but no [DONE]",
        must="ends at once, usage reported",
        primary=s11,
        whole=False,
        dialects=(Dialect.OPENAI_CHAT,),
    ),
    Fault(
        id="S12",
        fault="400 context length",
        must="one attempt on that model; a larger-context target if there is one",
        primary=s12,
        dialects=(Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES),
    ),
    Fault(
        id="S13",
        fault="400 content filter",
        must="one attempt; the reason reaches the client",
        primary=s13,
    ),
    Fault(
        id="S14",
        fault="stream dies; the fallback refuses a prefill",
        must="restarts cleanly; the client never sees the prefill's 400",
        primary=s08,
        fallback=no_prefill,
        whole=False,
        recoveries=("resume",),
    ),
    Fault(
        id="S15",
        fault="503 for 60 s, then fine; a request every 4 s",
        must="circuit opens, fallback serves all, ≤ 6 primary attempts in the outage, back within 30 s",
        primary=s15,
    ),
    Fault(
        id="S16",
        fault="503 for ever",
        must="reply names the fallback's model and usage; failed attempts are not booked",
        primary=unavailable,
    ),
    Fault(
        id="P01",
        fault="200 whose body is an error object",
        must="treated as the error it is",
        primary=p01,
    ),
    Fault(
        id="P02",
        fault="200 stream whose first event is `overloaded`",
        must="failover before any content",
        primary=p02,
        whole=False,
    ),
    Fault(
        id="P03",
        fault="error event after content",
        must="as S08",
        primary=p03,
        whole=False,
        recoveries=ALL_RECOVERIES,
    ),
    Fault(
        id="P04",
        fault="body cut in the middle of JSON",
        must="failure, retried",
        primary=p04,
        stream=False,
    ),
    Fault(
        id="P05",
        fault="wrong content type, HTML error page from a proxy",
        must="clean failure, excerpt in the record",
        primary=p05,
    ),
    Fault(
        id="P06",
        fault="usage chunk missing",
        must="answer delivered; usage counted by tokenizer, flagged `estimated`",
        primary=p06,
    ),
    Fault(
        id="P07",
        fault="usage repeated in several chunks",
        must="counted once",
        primary=p07,
        whole=False,
        dialects=(Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES),
    ),
    Fault(
        id="P08",
        fault="10 MB of one event, no newline",
        must="bounded memory, clean failure",
        primary=p08,
        whole=False,
    ),
    Fault(id="P09", fault="one byte per second", must="whole-request limit holds", primary=p09, fallback=p09),
    Fault(
        id="P10",
        fault="529 storm on all keys",
        must="back-off over the provider, failover, recovery",
        primary=p10,
    ),
    Fault(
        id="P11",
        fault="401 from one provider key of two",
        must="that key set aside, the other used, alert",
        primary=p11,
    ),
    Fault(
        id="P12",
        fault="name resolution fails, connection refused, TLS failure",
        must="classified, retried elsewhere",
    ),
    Fault(
        id="P13",
        fault="Retry-After: 86400 and a date in the past",
        must="bounded by the deadline; failover",
        primary=p13,
    ),
    Fault(
        id="P14",
        fault="client disconnects before headers, before content, mid-content",
        must="upstream cancelled ≤ 200 ms, booked once",
        primary=slowly,
    ),
    Fault(
        id="P15",
        fault="30 clients send 5 MB and leave",
        must="loop lag stays < 50 ms",
        primary=slowly,
    ),
    Fault(
        id="P16",
        fault="the gateway's process is killed (-9) at any point",
        must="no answered request is missing from the ledger, none is counted twice",
        primary=slowly,
    ),
)
"""Every row, in order."""

BY_ID: Final = {fault.id: fault for fault in FAULTS}

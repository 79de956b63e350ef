"""From a provider's frames to the client's."""

from penstock.domain.chat import ChatRequest, Dialect, Ended, Finished, Started, TextDelta, UsageSeen
from penstock.domain.usage import Usage
from penstock.gateway.outlet import Translated, Unchanged
from penstock.gateway.upstream import Frame


def request(dialect: Dialect = Dialect.OPENAI_CHAT, *, wants_usage: bool = False) -> ChatRequest:
    return ChatRequest(dialect=dialect, body=b"{}", model="m", stream=True, wants_usage=wants_usage)


WORD = Frame(b"data: 1\n\n", (TextDelta(text="hi"),), extra=False)
STOP = Frame(b"data: 3\n\n", (Finished(reason="stop"),), extra=False)
USAGE = Frame(b"data: 2\n\n", (UsageSeen(usage=Usage(output_text=1)),), extra=True)
DONE = Frame(b"data: [DONE]\n\n", (Ended(),), extra=False)


def test_frames_go_out_as_received() -> None:
    """G1: nothing is written anew where the dialect is the same."""
    outlet = Unchanged(request(wants_usage=True))
    assert outlet.put([WORD, USAGE, DONE]) == WORD.raw + USAGE.raw + DONE.raw
    assert outlet.end(None) == b""


def test_what_we_asked_for_is_hidden() -> None:
    """G2: a client that did not ask for usage does not see the chunk."""
    assert Unchanged(request()).put([WORD, USAGE]) == WORD.raw


def test_a_forgotten_end_is_added() -> None:
    """S11: each dialect with an end marker gets it."""
    for dialect, end in (
        (Dialect.OPENAI_CHAT, b"data: [DONE]\n\n"),
        (Dialect.ANTHROPIC_MESSAGES, b'event: message_stop\ndata: {"type":"message_stop"}\n\n'),
        (Dialect.OPENAI_RESPONSES, b""),
    ):
        outlet = Unchanged(request(dialect))
        outlet.put([WORD])
        assert outlet.end(None) == end


def test_a_translation_starts_and_ends_once() -> None:
    """G5: over several attempts one answer is written."""
    outlet = Translated(request())
    begun = outlet.put([Frame(b"", (Started(id="1", model="x"), TextDelta(text="a")), extra=False)])
    again = outlet.put([Frame(b"", (Started(id="2", model="y"), TextDelta(text="b"), Ended()), extra=False)])
    rest = outlet.write(Finished(reason="stop")) + outlet.end(None)
    sent = begun + again + rest
    assert sent.count(b'"role"') == 1
    assert sent.count(b"[DONE]") == 1
    assert sent.endswith(b"[DONE]\n\n")


def test_counted_usage_is_written_only_where_there_was_none() -> None:
    """P06: the provider's own numbers are never doubled."""
    counted = Usage(input_uncached=7, output_text=3, estimated=True)
    silent = Translated(request(wants_usage=True))
    silent.put([WORD, STOP])
    assert b'"prompt_tokens":7' in silent.end(counted)
    spoken = Translated(request(wants_usage=True))
    spoken.put([WORD, STOP, USAGE])
    assert b'"prompt_tokens":7' not in spoken.end(counted)

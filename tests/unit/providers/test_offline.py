"""The built-in model."""

import msgspec
import pytest

from penstock import failures
from penstock.domain.chat import Dialect, TextDelta
from penstock.protocols import Call
from penstock.providers.offline import READ_MOST, Offline, Options, answer, last_text
from penstock.wire import dialects

TALKING = (
    Dialect.OPENAI_CHAT,
    Dialect.OPENAI_RESPONSES,
    Dialect.ANTHROPIC_MESSAGES,
    Dialect.OPENAI_COMPLETIONS,
)


def call(dialect=Dialect.OPENAI_CHAT, body=None, **fields) -> Call:
    encoded = msgspec.json.encode(body or {"messages": [{"role": "user", "content": "hello"}]})
    return Call(**({"dialect": dialect, "model": "offline", "body": encoded, "stream": False} | fields))


@pytest.mark.parametrize("dialect", TALKING)
async def test_it_says_what_it_is_in_every_dialect(dialect):
    """Nobody takes it for a language model."""
    reply = dialects.of(dialect).read_reply((await Offline(Options()).send(call(dialect))).body)
    assert "built-in offline model" in reply.parts[0].text
    assert reply.usage.output_tokens > 10


@pytest.mark.parametrize("dialect", TALKING)
async def test_it_streams_in_every_dialect(dialect):
    """The same words, one frame each."""
    sent = await Offline(Options()).send(call(dialect, stream=True))
    reader = dialects.of(dialect).reader()
    events = [event async for frame in sent.chunks for event in reader.read(frame)]
    assert "offline model" in "".join(e.text for e in events if isinstance(e, TextDelta))


def test_it_echoes_the_beginning_of_what_it_was_told():
    """A long question is cut."""
    assert "“hi”" in answer("hi")
    assert "…" in answer("x" * 500)
    assert "You wrote" not in answer("")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}, "b"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "c"}]}]}, "c"),
        ({"input": "d"}, "d"),
        ({"prompt": "e"}, "e"),
        ({"messages": []}, ""),
        ({"messages": [{"role": "user", "content": None}]}, ""),
    ],
)
def test_the_last_words_are_found_in_every_dialect(body, said):
    """Whatever the form."""
    assert last_text(body) == said


@pytest.mark.parametrize(
    ("given", "count"),
    [("a", 1), (["a", "b", "c"], 3), ([1, 2, 3], 1), ([[1], [2]], 2), (["x" * READ_MOST, "b"], 2)],
)
async def test_each_text_gets_a_vector(given, count):
    """Texts and token lists, one or several, however large."""
    sent = await Offline(Options()).send(call(Dialect.OPENAI_EMBEDDINGS, {"input": given}))
    assert len(msgspec.json.decode(sent.body)["data"]) == count


async def test_a_large_request_is_answered_without_an_echo():
    """G9: nothing large is parsed on the event loop for an echo."""
    body = {"messages": [{"role": "user", "content": "x" * READ_MOST}]}
    assert b"You wrote" not in (await Offline(Options()).send(call(body=body))).body


async def test_it_keeps_and_counts_nothing():
    """G17: no number is better than a wrong one."""
    with pytest.raises(failures.NotFound):
        await Offline(Options()).send(call(path="/messages/count_tokens"))

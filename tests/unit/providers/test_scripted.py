"""The scripted provider."""

import msgspec
import pytest

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Call
from penstock.providers import scripted
from penstock.providers.scripted import Line, Options, Scripted


async def no_wait(_seconds: float) -> None:
    """A sleep that takes no time."""


def made(*lines: Line, **fields) -> Scripted:
    return Scripted(Options(script=lines, **fields), clock=lambda: 0.0, sleep=no_wait)


def call(**fields) -> Call:
    known = {"dialect": Dialect.OPENAI_CHAT, "model": "m", "body": b'{"model":"m"}', "stream": False}
    return Call(**(known | fields))


def text_of(answer) -> str:
    return msgspec.json.decode(answer.body)["choices"][0]["message"]["content"]


async def test_without_a_script_it_says_sixty_words():
    """The plain answer needs no option."""
    assert len(text_of(await made().send(call())).split()) == 60


async def test_lines_are_played_in_turn_and_the_last_one_stays():
    """One line per call."""
    provider = made(Line(text="first one"), Line(text="second"))
    assert [text_of(await provider.send(call())) for _ in range(3)] == ["first one", "second", "second"]
    assert len(provider.calls) == 3


async def test_equal_seeds_draw_equal_lines():
    """Chance that can be repeated."""
    lines = [Line(text=str(n)) for n in range(5)]
    drawn = []
    for _ in range(2):
        provider = made(*lines, order="random", seed=7)
        drawn.append([text_of(await provider.send(call())) for _ in range(10)])
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 1


async def test_a_fault_is_played_by_name():
    """S03: one 500, then fine."""
    provider = made(Line(fault="S03"))
    with pytest.raises(failures.ServerFault):
        await provider.send(call())
    assert await provider.send(call())


async def test_raw_chunks_are_streamed_as_given():
    """Any bytes can be played."""
    provider = made(Line(chunks=("data: x\n", "\n"), ending="cut", pause=0.1, wait=0.1))
    answer = await provider.send(call(stream=True))
    assert [await anext(answer.chunks), await anext(answer.chunks)] == [b"data: x\n", b"\n"]
    with pytest.raises(failures.Disconnected):
        await anext(answer.chunks)


async def test_raw_errors_are_classified():
    """A status and a body are what a provider might send."""
    with pytest.raises(failures.Overloaded):
        await made(Line(status=529, body="{}")).send(call())


async def test_nothing_at_all_can_be_played():
    """A status of 0 resets the connection."""
    with pytest.raises(failures.Disconnected):
        await made(Line(status=0, ending="reset")).send(call())


async def test_a_body_that_is_no_json_is_answered_all_the_same():
    """The made-up provider is not the one who checks requests."""
    assert await made().send(call(body=b"\xff"))


async def test_other_paths_are_not_played():
    """It answers conversations only."""
    with pytest.raises(failures.NotFound):
        await made().send(call(path="/messages/count_tokens"))


def test_dialects_and_keys_are_those_of_the_options():
    """It can stand in for any provider."""
    provider = made(dialects=(Dialect.ANTHROPIC_MESSAGES,), keys=("a", "b"))
    assert provider.dialect_for(Dialect.OPENAI_CHAT) is Dialect.ANTHROPIC_MESSAGES
    assert provider.dialect_for(Dialect.OPENAI_EMBEDDINGS) is None
    assert [key.name for key in provider.keys] == ["a", "b"]


@pytest.mark.parametrize("fault", ["S99", "P12"])
def test_a_fault_that_cannot_be_played_is_refused(transport, fault):
    """P12 needs the network, S99 does not exist."""
    with pytest.raises(ValueError, match=fault):
        scripted.open("s", Options(script=(Line(fault=fault),)), transport)

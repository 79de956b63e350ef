"""What every provider plug-in keeps, whichever it is: new files in the folder are found by themselves."""

import importlib
import pkgutil

import msgspec
import pytest

from penstock import failures, providers
from penstock.config.documented import sentences
from penstock.domain.chat import Dialect
from penstock.protocols import Call
from penstock.transport.client import Transport
from penstock.wire.codec import Quirks

KINDS = sorted(module.name for module in pkgutil.iter_modules(providers.__path__))
NOWHERE = "http://127.0.0.1:1/v1"


@pytest.fixture(params=KINDS)
def module(request):
    return importlib.import_module(f"penstock.providers.{request.param}")


@pytest.fixture
async def provider(module):
    """The plug-in with its defaults, at an address where nobody listens."""
    addressed = "base_url" in module.Options.__struct_fields__
    options = msgspec.convert({"base_url": NOWHERE} if addressed else {}, module.Options)
    async with Transport() as transport:
        opened = module.open("name", options, transport)
        yield opened
        await opened.aclose()


def call(provider, **fields) -> Call:
    dialect = provider.dialect_for(Dialect.OPENAI_CHAT)
    body = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    known = {"dialect": dialect, "model": "m", "body": body, "stream": False, "connect": 0.5}
    return Call(**(known | {"key": provider.keys[0].name} | fields))


def test_the_known_kinds_are_there():
    """Providers that the documentation names."""
    assert {"anthropic", "gemini", "offline", "openai_compatible", "scripted"} <= set(KINDS)


def test_each_option_is_documented(module):
    """A field without a sentence cannot be shown in the reference."""
    told = sentences(module.Options)
    assert [field for field in module.Options.__struct_fields__ if not told.get(field)] == []


def test_unknown_options_are_refused(module):
    """A typing error in the configuration is not swallowed."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"bas_url": "x"}, module.Options)


def test_options_can_be_compared(module):
    """A reload keeps the providers that did not change."""
    assert msgspec.convert({}, module.Options) == msgspec.convert({}, module.Options)


async def test_there_is_at_least_one_key(provider):
    """A provider without credentials has one called `none`."""
    assert [key.name for key in provider.keys]
    assert all(key.weight > 0 for key in provider.keys)


async def test_quirks_are_data(provider):
    """How it differs can be read without asking it."""
    assert isinstance(provider.quirks, Quirks)


async def test_every_conversation_has_a_dialect(provider):
    """G18: every model answers on every dialect."""
    asked = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES)
    assert all(provider.dialect_for(dialect) in asked for dialect in asked)


async def test_a_call_is_answered_or_fails_as_the_tree_says(provider):
    """Nothing but a Failure comes out of `send`."""
    for stream in (False, True):
        try:
            answer = await provider.send(call(provider, stream=stream))
        except failures.Unreachable:
            continue
        assert (answer.chunks is not None) is stream
        if answer.chunks is not None:
            await answer.chunks.aclose()
            await answer.chunks.aclose()


async def test_listing_models_gives_names_or_a_failure(provider):
    """`models` never raises anything else."""
    try:
        names = await provider.models()
    except failures.UpstreamFailure:
        return
    assert all(isinstance(name, str) for name in names)


async def test_closing_twice_is_harmless(provider):
    """The app may close what a reload has closed."""
    await provider.aclose()
    await provider.aclose()

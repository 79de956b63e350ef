"""Which models there are."""

import pytest

from penstock.http.models import Models, routes


async def names():
    return ("gpt", "meta/llama")


@pytest.fixture
def client(keyring, make_door, client_of):
    return client_of(make_door(*routes(Models(keyring.authenticate, names))))


ANTHROPIC = {"anthropic-version": "2023-06-01"}


async def test_openai_form(client):
    """OpenAI's clients get OpenAI's list."""
    found = (await client("GET", "/v1/models")).json()
    assert (found["object"], [model["id"] for model in found["data"]]) == ("list", ["gpt", "meta/llama"])


async def test_anthropic_form(client):
    """Anthropic's clients, known by their header, get Anthropic's (G17)."""
    found = (await client("GET", "/v1/models", headers=ANTHROPIC)).json()
    assert (found["data"][0]["type"], found["has_more"], found["last_id"]) == ("model", False, "meta/llama")


async def test_anthropic_form_without_models(keyring, make_door, client_of):
    """An empty list has no first and no last."""

    async def none():
        return ()

    client = client_of(make_door(*routes(Models(keyring.authenticate, none))))
    assert (await client("GET", "/v1/models", headers=ANTHROPIC)).json()["first_id"] is None


@pytest.mark.parametrize("headers", [{}, ANTHROPIC])
async def test_one_model_by_a_name_with_a_slash(client, headers):
    """Names may hold slashes."""
    assert (await client("GET", "/v1/models/meta/llama", headers=headers)).json()["id"] == "meta/llama"


async def test_unknown_model(client):
    """404 in the client's form."""
    reply = await client("GET", "/v1/models/nothing", headers=ANTHROPIC)
    assert (reply.status, reply.json()["dialect"]) == (404, "anthropic_messages")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt"])
async def test_a_key_is_needed(client, path):
    """Who has no key sees no models; x-api-key is as good as Bearer (G17)."""
    key = "psk_alice_0123456789abcdef0123"
    assert (await client("GET", path, headers={"authorization": ""})).status == 401
    assert (await client("GET", path, headers={"authorization": "", "x-api-key": key})).status == 200

"""Clients as data."""

import ast

import pytest

from penstock.cli.parts.clients import CLIENTS, Facts

FACTS = Facts(base="http://h:1", key="psk_{model}", model="m")


def test_all_texts_within_are_filled_in():
    """Names, values and items, at any depth; what is no text stays."""
    template = {"{model}": ["{base}", {"a": "{v1} {key}"}], "n": 5}
    assert FACTS.fill(template) == {"m": ["http://h:1", {"a": "http://h:1/v1 psk_{model}"}], "n": 5}


def test_other_braces_stay():
    """A program's own braces are not ours."""
    assert FACTS.fill('{"role": "{x}"}') == '{"role": "{x}"}'


@pytest.mark.parametrize(
    "name", [name for name, client in CLIENTS.items() if client.code and name != "openai-node"]
)
def test_each_program_can_be_pasted(name):
    """A program for Python is Python once it is filled in."""
    ast.parse(FACTS.fill(CLIENTS[name].code))


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_says_something(name):
    """Every client has a title and at least one way to connect it."""
    client = CLIENTS[name]
    assert client.title
    assert client.variables or client.files or client.commands or client.notes

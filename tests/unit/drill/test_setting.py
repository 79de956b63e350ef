"""The configuration under test."""

import pytest

from penstock.config.tree import Config, Model, Target, Timeouts
from penstock.domain.chat import Dialect
from penstock.domain.secret import Secret
from penstock.drill import setting
from penstock.drill.setting import Case, NothingToDrill, cases, configuration, of_user, plain, scaled
from penstock.stage.faults import BAD_KEY, BY_ID, FAULTS

CHAT = Dialect.OPENAI_CHAT


def configured(*rows: str) -> dict:
    chosen = [case for case in cases(frozenset(rows), FAULTS) if case.dialect is CHAT]
    return configuration(chosen, {CHAT: plain(CHAT)}, "http://127.0.0.1:9", "key", 0.1)


def test_every_form_of_every_row_is_a_case():
    """Dialects, streaming or not, and recoveries multiply; forms that cannot happen are left out."""
    names = [case.name for case in cases(frozenset(), FAULTS)]
    assert len(names) == len(set(names)) > 150
    assert "S08-messages-stream-resume" in names
    assert "S10-chat-whole-off" not in names
    assert "P04-chat-stream-off" not in names


def test_each_case_has_providers_of_its_own():
    """A circuit that one row opens is not seen by another."""
    made = configured("S03", "S04")
    bases = [provider["base_url"] for provider in made["providers"].values()]
    assert len(bases) == len(set(bases)) == 8
    assert made["models"]["S03-chat-stream-off"]["targets"][0]["provider"] == "S03-chat-stream-off-0"


def test_limits_are_scaled():
    """All of a row's times shrink together."""
    made = configured("S06")
    assert made["models"]["S06-chat-stream-off"]["timeouts"]["first_token"] == 1.0
    assert made["circuit"]["open_for"] == 1.0
    assert scaled(Timeouts(connect=5), 0.01).connect == setting.CONNECT_LEAST


def test_p11_has_two_keys():
    """P11: one of them is to be refused, and is drawn first."""
    keys = configured("P11")["providers"]["P11-chat-stream-off-0"]["keys"]
    assert keys[0]["key"] == BAD_KEY
    assert keys[0]["weight"] > 1e6 * keys[1].get("weight", 1)


def test_p12_begins_with_targets_that_are_not_there():
    """P12: no name, nobody listening, no TLS, then the fallbacks."""
    made = configured("P12")
    targets = made["models"]["P12-chat-stream-off"]["targets"]
    assert len(targets) == 5
    assert made["providers"][targets[2]["provider"]]["base_url"] == "https://127.0.0.1:9/v1"


def user(**providers) -> Config:
    targets = tuple(Target(provider=name, model="m") for name in providers)
    return Config(providers=providers, models={"mine": Model(targets=targets)})


def test_a_users_model_is_copied_without_its_secrets():
    """No key, address or header of the user's gets into the scratch copy."""
    provider = {"kind": "anthropic", "api_key": Secret("s"), "base_url": "x", "headers": {"a": "b"}}
    name, template = of_user(user(claude=provider), None)
    assert (name, template.providers) == ("mine", ({"kind": "anthropic"},))
    assert not template.has_fallback


def test_the_model_with_most_targets_is_drilled():
    """Unless one is named; providers without a network are left out."""
    with pytest.raises(NothingToDrill):
        of_user(user(off={"kind": "offline"}), None)
    with pytest.raises(NothingToDrill):
        of_user(user(claude={"kind": "anthropic"}), "other")


def test_a_case_has_a_name_that_can_be_taken_apart():
    """Four parts, used as the model's name."""
    case = Case(BY_ID["S08"], Dialect.ANTHROPIC_MESSAGES, stream=True, recovery="whole")
    assert case.name.split("-") == ["S08", "messages", "stream", "whole"]

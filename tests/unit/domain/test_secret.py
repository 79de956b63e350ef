"""Secrets do not show."""

import pickle

import msgspec
import pytest

from penstock.domain.secret import Secret


def test_secret_prints_as_stars() -> None:
    """repr, str, format and %-formatting all hide it."""
    secret = Secret("hunter2")
    assert [repr(secret), str(secret), f"{secret}", "%s" % secret] == ["***"] * 4  # noqa: UP031


def test_secret_is_revealed_on_demand() -> None:
    """The one place that needs it gets it."""
    assert Secret("hunter2").reveal() == "hunter2"


def test_secret_is_not_encoded() -> None:
    """A secret that strays into a JSON answer is an error, not a leak."""
    with pytest.raises(TypeError):
        msgspec.json.encode({"key": Secret("hunter2")})


def test_equal_secrets_are_equal() -> None:
    """Two secrets compare by value, and never with plain text."""
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_secret_reaches_a_worker() -> None:
    """A secret survives the way to another process."""
    assert pickle.loads(pickle.dumps(Secret("a"))).reveal() == "a"

"""Keys and addresses from the configuration."""

import pytest

from penstock.domain.secret import Secret
from penstock.transport.site import NamedKey, address, bearer, credentials, lowered


def test_one_key_is_called_default():
    """`api_key` makes a single credential."""
    (only,) = credentials(Secret("k"), (), bearer)
    assert (only.name, only.headers) == ("default", {"authorization": "Bearer k"})


def test_no_key_is_called_none():
    """A provider without credentials has one that sends nothing."""
    (only,) = credentials(None, (), bearer)
    assert (only.name, only.headers) == ("none", {})


def test_named_keys_keep_their_weights():
    """Several keys are several credentials."""
    keys = (NamedKey(name="a", key=Secret("1")), NamedKey(name="b", key=Secret("2"), weight=3))
    assert [(c.name, c.weight) for c in credentials(None, keys, bearer)] == [("a", 1.0), ("b", 3)]


def test_two_keys_of_one_name_are_refused():
    """Records could not tell them apart."""
    key = NamedKey(name="a", key=Secret("1"))
    with pytest.raises(ValueError, match="same name"):
        credentials(None, (key, key), bearer)


def test_a_credential_does_not_show_its_key():
    """G28: a key that lands in a log is not readable."""
    assert "secret" not in repr(credentials(Secret("secret"), (), bearer))


@pytest.mark.parametrize("text", ["api.openai.com/v1", "ftp://host/v1", "https://"])
def test_an_address_needs_a_scheme_and_a_host(text):
    """What cannot be called is refused when the configuration is read."""
    with pytest.raises(ValueError, match="base_url"):
        address(text)


def test_header_names_are_lowered():
    """Two spellings of a name are one header."""
    assert lowered({"X-A": "1"}) == {"x-a": "1"}

"""Keys: made, taken apart, hashed (G28)."""

import itertools

from penstock.domain import keys

PEPPER = b"p" * 32


def test_made_key_is_read_back() -> None:
    """A new key has a public id of 12 and a secret of 43 characters (G28)."""
    parsed = keys.parse_key(keys.make_key())
    assert parsed is not None
    assert (len(parsed.public_id), len(parsed.secret)) == (keys.PUBLIC_LENGTH, keys.SECRET_LENGTH)


def test_two_keys_differ() -> None:
    """No two keys are the same."""
    assert keys.make_key() != keys.make_key()


def test_given_public_id_is_kept() -> None:
    """Rotating keeps the public id and draws a new secret."""
    first, second = keys.make_key("abc"), keys.make_key("abc")
    assert first.startswith("psk_abc_")
    assert first != second


def test_bytes_over_the_last_multiple_are_not_used() -> None:
    """Characters are drawn evenly: 248-255 would favour the first eight of 62."""
    source = itertools.cycle([255, 61])
    key = keys.make_key("abc", lambda count: bytes(next(source) for _ in range(count)))
    assert key == "psk_abc_" + "z" * 43


def test_foreign_text_is_no_key() -> None:
    """What is not of our form gives None."""
    long = "a" * 43
    for text in ("", "sk-123", "psk_abc", "psk_abc_short", f"psk_ABC_{long}", f"psk_abc_{long}\n"):
        assert keys.parse_key(text) is None


def test_parsed_key_prints_without_its_secret() -> None:
    """A parsed key that lands in a log does not give itself away."""
    parsed = keys.parse_key("psk_abc_" + "s" * 43)
    assert repr(parsed) == "ParsedKey(public_id='abc', secret='***')"


def test_hash_depends_on_the_pepper() -> None:
    """The same key under another server secret has another hash of 32 bytes."""
    key = keys.make_key()
    assert len(keys.hash_key(key, PEPPER)) == 32
    assert keys.hash_key(key, PEPPER) != keys.hash_key(key, b"q" * 32)


def test_only_the_key_itself_matches() -> None:
    """Comparing accepts the key and refuses a neighbour."""
    key = keys.make_key()
    digest = keys.hash_key(key, PEPPER)
    assert keys.key_matches(key, digest, PEPPER)
    assert not keys.key_matches(key + "x", digest, PEPPER)


def test_any_text_can_be_hashed() -> None:
    """A key with a lone surrogate, as broken headers give, is hashed and not an error."""
    assert len(keys.hash_key("\udc80", PEPPER)) == 32


def test_public_id_of_a_foreign_key_comes_from_its_hash() -> None:
    """A key chosen by people has a stable id that does not contain it."""
    assert keys.public_id("psk_abc_" + "s" * 43, PEPPER) == "abc"
    own = keys.public_id("my-ci-key", PEPPER)
    assert own == keys.public_id("my-ci-key", PEPPER)
    assert own.startswith("x")
    assert len(own) == keys.PUBLIC_LENGTH


def test_pepper_is_32_random_bytes() -> None:
    """A server secret is 32 bytes, never the same twice."""
    assert len(keys.make_pepper()) == 32
    assert keys.make_pepper() != keys.make_pepper()

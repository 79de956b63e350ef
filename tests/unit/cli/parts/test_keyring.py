"""Keys on their way into the database and out of it."""

from penstock.cli.parts import keyring
from penstock.config.folder import pepper
from penstock.domain.keys import hash_key, parse_key


def test_only_the_hash_goes_into_the_database(tmp_path):
    """The row has the key's HMAC under the server's secret, and not its secret (G28)."""
    made = keyring.make(tmp_path, "ci", now=5.0, user="u")
    assert made.row.hash == hash_key(made.key, pepper(tmp_path)).hex()
    assert made.row.public_id == made.row.lineage == parse_key(made.key).public_id
    assert parse_key(made.key).secret not in str(made.row)
    assert (made.row.name, made.row.user, made.row.created) == ("ci", "u", 5.0)


def test_a_key_is_found_by_id_name_or_itself(tmp_path):
    """Whatever the user has at hand."""
    made = keyring.make(tmp_path, "ci", now=5.0)
    for wanted in (made.key, made.row.public_id, "ci"):
        assert keyring.pick([made.row], wanted) is made.row

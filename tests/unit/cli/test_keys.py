"""penstock keys."""

from penstock.domain.keys import parse_key
from penstock.failures import StorageUnavailable
from penstock.storage import migrate


def test_a_key_is_made_and_listed(shell):
    """It is shown once; the list has no secret and no hash."""
    assert shell("keys", "list") == 0
    assert "no keys yet" in shell.out
    assert shell("keys", "create", "--name", "ci", "--user", "u", "--team", "t", "--organization", "o") == 0
    key = shell.out.split()[0]
    parsed = parse_key(key)
    (row,) = shell.json("keys", "list")
    assert (row["public_id"], row["name"], row["user"], row["works"]) == (parsed.public_id, "ci", "u", True)
    assert "hash" not in row
    shell("keys", "list")
    assert parsed.secret not in shell.out
    assert shell.out.splitlines()[1].split()[:5] == [parsed.public_id, "ci", "u", "t", "o"]


def test_a_dry_run_makes_nothing(shell):
    """--dry-run says what would be done."""
    assert shell("keys", "create", "--name", "ci", "--dry-run") == 0
    assert shell.out == "would make a key called ci\n"
    assert shell.json("keys", "create", "--dry-run") == {"name": "default", "dry_run": True}
    assert shell.json("keys", "list") == []


def test_a_key_is_rotated(shell):
    """The new one has the owner of the old, which goes on for the time of grace."""
    old = shell.json("keys", "create", "--name", "ci", "--user", "u")
    assert shell("keys", "rotate", "ci", "--dry-run") == 0
    assert shell.out == f"would replace the key {old['id']} (ci)\n"
    new = shell.json("keys", "rotate", old["id"], "--grace", "60")
    first, second = shell.json("keys", "list")
    assert first["works"]
    assert (second["public_id"], second["user"], second["lineage"]) == (new["id"], "u", old["id"])
    shell("keys", "list")
    assert "works for 60 s more" in shell.out


def test_a_key_is_revoked_once(shell):
    """Revoking again changes nothing and says so."""
    made = shell.json("keys", "create")
    assert shell("keys", "revoke", made["id"], "--dry-run") == 0
    assert shell.out.startswith("would revoke")
    assert shell.json("keys", "list")[0]["works"]
    assert shell("keys", "revoke", made["key"]) == 0
    assert shell.out == f"revoked {made['id']} (default)\n"
    assert not shell.json("keys", "list")[0]["works"]
    assert shell.json("keys", "revoke", made["id"]) == {"id": made["id"], "revoked": False}
    shell("keys", "list")
    assert "revoked" in shell.out


def test_a_key_that_is_not_there_is_told(shell):
    """With the nearest one, or where to look."""
    assert shell("keys", "revoke", "x") == 1
    assert shell.err == "penstock: there is no key x\n  penstock keys list\n"
    shell("keys", "create", "--name", "default")
    assert shell("keys", "revoke", "defualt") == 1
    assert "did you mean default?" in shell.err


def test_a_name_that_two_keys_have_is_not_enough(shell):
    """Then the id says which."""
    shell("keys", "create", "--name", "ci")
    shell("keys", "create", "--name", "ci")
    assert shell("keys", "revoke", "ci") == 1
    assert "there are 2 keys called ci" in shell.err


def test_a_broken_storage_section_ends_with_2(shell):
    """Of the configuration only `storage` is needed, and that has to be right."""
    shell.write("storage: {urll: x}\n")
    assert shell("keys", "list") == 2
    assert "did you mean `url`?" in shell.err


def test_other_mistakes_do_not_matter(shell):
    """Keys can be made where the providers' secrets are not set."""
    shell.write("providers: {a: {kind: nothing}}\n")
    assert shell("keys", "create") == 0


def test_a_database_that_is_away_is_one_line(shell, monkeypatch):
    """No traceback for what happens every day."""

    def away(_database):
        raise StorageUnavailable("the database is not available")

    monkeypatch.setattr(migrate, "migrate", away)
    assert shell("keys", "list") == 1
    assert shell.err == "penstock: the database is not available\n  penstock doctor\n"


def test_a_migration_that_failed_is_one_line(shell, monkeypatch):
    """It says what became of the database."""

    def failed(_database):
        raise migrate.MigrationFailed("restored from a copy")

    monkeypatch.setattr(migrate, "migrate", failed)
    assert shell("keys", "list") == 1
    assert shell.err == "penstock: restored from a copy\n"


def test_another_file_is_not_taken_for_the_database(shell):
    """It is told, and left alone."""
    shell.data.mkdir()
    (shell.data / "penstock.db").write_text("something else")
    assert shell("keys", "list") == 1
    assert "is no SQLite database" in shell.err

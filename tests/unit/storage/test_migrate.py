"""The tables are brought up to date, or left exactly as they were."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from penstock.storage import keys
from penstock.storage.database import Database
from penstock.storage.keys import KeyRow
from penstock.storage.migrate import HEAD, SCRIPTS, MigrationFailed, migrate, revision
from penstock.storage.tables import metadata

KEY = KeyRow(public_id="k1", name="ci", hash="ab", created=1.0, lineage="k1")


@pytest.fixture
def scripts(tmp_path):
    """The migrations as they are, and one more that `add` writes."""
    folder = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def add(body):
        head = f'revision = "9999"\ndown_revision = "{HEAD}"\n'
        (folder / "versions" / "r9999_next.py").write_text(
            f"from alembic import op\n{head}\ndef upgrade():\n    {body}\n"
        )
        return folder

    return add


def test_the_newest_revision_is_known_without_looking():
    """HEAD is what Alembic finds in the folder."""
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == HEAD


def test_migrations_make_the_tables_that_queries_use(database):
    """What the migrations leave is what tables.py says."""
    context = database.read(
        lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
    )
    assert context == []
    assert database.read(revision) == HEAD


def test_a_database_that_is_up_to_date_is_left_alone(database):
    """No copy, no change."""
    migrate(database)
    assert not list(database.data.glob("*.before-*"))


def test_a_new_database_needs_no_copy(tmp_path):
    """There is nothing to restore."""
    opened = Database("sqlite", tmp_path)
    assert opened.read(revision) is None
    migrate(opened)
    assert not list(tmp_path.glob("*.before-*"))
    opened.close()


def test_a_migration_leaves_a_copy_of_what_was(database, scripts):
    """Going back to the version before is possible."""
    database.write(keys.create, KEY)
    migrate(database, scripts("op.execute('CREATE TABLE more (x INTEGER)')"), "9999")
    assert database.read(revision) == "9999"
    assert len(database.read(keys.listed)) == 1
    with closing(sqlite3.connect(database.file.with_name("penstock.db.before-9999"))) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert copy.execute("SELECT public_id FROM keys").fetchall() == [("k1",)]


@pytest.mark.parametrize(
    "body",
    [
        "op.execute('DROP TABLE keys'); op.execute('nonsense')",
        "op.execute('DROP TABLE keys'); op.execute('COMMIT'); op.execute('nonsense')",
        "op.execute('DROP TABLE keys'); raise KeyError('a mistake in the migration')",
    ],
)
def test_a_migration_that_fails_is_undone(database, scripts, body):
    """The copy is restored, even if the migration committed half of its work, and the start stops."""
    database.write(keys.create, KEY)
    with pytest.raises(MigrationFailed, match="restored"):
        migrate(database, scripts(body), "9999")
    assert database.read(revision) == HEAD
    assert [key.public_id for key in database.read(keys.listed)] == ["k1"]


def test_a_database_of_a_newer_version_is_refused(database):
    """It is not touched, and the message names its revision."""
    database.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9'"))
    )
    with pytest.raises(MigrationFailed, match="revision 9"):
        migrate(database)
    assert database.read(revision) == "9"

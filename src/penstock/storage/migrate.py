"""Brings the tables to the form that this version knows, or leaves them as they were."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from penstock.storage.database import Database, connect_sqlite

HEAD = "0002"
"""The newest revision; known here so that a start without migrations does not load Alembic."""

SCRIPTS = Path(__file__).with_name("migrations")
ADVISORY_LOCK = 0x50454E53


class MigrationFailed(Exception):
    """The tables could not be brought up to date; they are as they were before."""


def migrate(database: Database, scripts: Path = SCRIPTS, head: str = HEAD) -> None:
    """Run the migrations that are missing. Raises MigrationFailed, StorageUnavailable.

    SQLite is copied first (`penstock.db.before-REVISION`), and restored from the copy on failure;
    PostgreSQL changes tables within one transaction.
    """
    if database.is_sqlite:
        with _one_at_a_time(database.data / "migrate.lock"):
            _migrate_sqlite(database, scripts, head)
    else:
        _migrate_postgres(database, scripts, head)


def revision(connection: Connection) -> str | None:
    """Return the revision that the tables are at; None: there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate_sqlite(database: Database, scripts: Path, head: str) -> None:
    before = database.read(revision)
    if before == head:
        return
    copy = database.file.with_name(f"{database.file.name}.before-{head}")
    _copy(database.file, copy)

    def restore() -> str:
        database.close()
        _copy(copy, database.file)
        return f"restored from {copy}"

    with _Undone(before, head, restore):
        database.write(_upgrade, scripts, before)
    if before is None:
        copy.unlink()


def _migrate_postgres(database: Database, scripts: Path, head: str) -> None:
    before = database.read(revision)
    if before == head:
        return
    with _Undone(before, head, lambda: "rolled back"):
        database.write(_upgrade_alone, scripts, head)


class _Undone:
    """Whatever goes wrong inside becomes MigrationFailed, once `undo` has been done."""

    def __init__(self, before: str | None, head: str, undo: Callable[[], str]) -> None:
        """`undo` returns what was done."""
        self._what = f"from revision {before} to {head}"
        self._undo = undo

    def __enter__(self) -> None:
        """Nothing has to be prepared."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Undo, and say why."""
        if error is not None:
            undone = self._undo()
            raise MigrationFailed(
                f"the database could not be migrated {self._what} and was {undone}: {error}"
            ) from error


def _upgrade_alone(connection: Connection, scripts: Path, head: str) -> None:
    """Upgrade while no other process does; it may have done so already."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
    before = revision(connection)
    if before != head:
        _upgrade(connection, scripts, before)


def _upgrade(connection: Connection, scripts: Path, before: str | None) -> None:
    command = import_module("alembic.command")  # Alembic takes 0.2 s to load, and is seldom needed
    errors = import_module("alembic.util.exc")
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except errors.CommandError as error:
        raise MigrationFailed(f"revision {before} is not known to this version: {error}") from error


def _copy(source: Path, target: Path) -> None:
    """Copy a SQLite database with its own backup function, which minds its locks and its log."""
    with closing(connect_sqlite(source)) as left, closing(sqlite3.connect(target)) as right:
        left.backup(right)
    shutil.copymode(source, target)


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

"""The configuration, the data folder and the database of a command. Loaded by commands when they run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from penstock.cli.parts.trouble import Trouble
from penstock.config.folder import data_folder, environment, prepare
from penstock.config.load import Kinds, Loaded, Source, find, read, section
from penstock.config.mistakes import ConfigInvalid
from penstock.config.tree import Storage
from penstock.failures import StorageUnavailable

if TYPE_CHECKING:
    from penstock.storage.database import Database

SQLITE: Final = b"SQLite format 3\0"
"""How its files begin."""


def source(
    config: Path | None,
    overlay: str | None,
    *,
    kinds: Kinds | None = None,
    flags: Mapping[str, Any] | None = None,  # click's values
    discovered: Mapping[str, object] | None = None,
) -> Source:
    """Return what the configuration is made of."""
    env = environment()
    return Source(
        path=find(config, env, Path()),
        env=env,
        environment=overlay or env.get("PENSTOCK_ENV") or None,
        flags=flags or {},
        kinds=kinds or {},
        discovered=discovered or {},
    )


def load(made_of: Source) -> Loaded:
    """Read it. Ends the command with 2 and every mistake."""
    try:
        return read(made_of)
    except ConfigInvalid as invalid:
        raise Trouble(refusal(invalid), code=2) from None


def refusal(invalid: ConfigInvalid) -> str:
    """Write all mistakes, and how many there are."""
    count = len(invalid.mistakes)
    return f"the configuration has {count} mistake{'s' if count > 1 else ''}\n\n{invalid}"


def folder(chosen: Path | None) -> Path:
    """Return the data folder; it is made if it is not there."""
    path = data_folder(chosen, environment())
    prepare(path)
    return path


@contextmanager
def database(config: Path | None, overlay: str | None, chosen: Path | None) -> Iterator["Database"]:
    """Open the database, brought up to date. Only the section `storage` has to be free of mistakes."""
    from penstock.storage.database import Database  # 0.3 s: only for commands that read or write it
    from penstock.storage.migrate import MigrationFailed, migrate

    try:
        storage = section(source(config, overlay), "storage", Storage)
    except ConfigInvalid as invalid:
        raise Trouble(refusal(invalid), code=2) from None
    opened = Database(storage.url, folder(chosen))
    if is_foreign(opened):
        raise Trouble(f"{opened.file} is no SQLite database", f"file {opened.file}")
    try:
        migrate(opened)
        yield opened
    except StorageUnavailable as error:
        raise Trouble(error.message, "penstock doctor") from None
    except MigrationFailed as error:
        raise Trouble(str(error)) from None
    finally:
        opened.close()


def is_foreign(database: "Database") -> bool:
    """Tell whether another file lies where SQLite's should."""
    if not (database.is_sqlite and database.file.exists()):
        return False
    with database.file.open("rb") as file:
        return file.read(len(SQLITE)) not in {b"", SQLITE}

"""Opens SQLite or PostgreSQL. Queries run through `read` and `write`, one transaction each."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from penstock.failures import StorageUnavailable

P = ParamSpec("P")
T = TypeVar("T")

BUSY_SECONDS = 5.0
"""How long SQLite waits for another process's write before it says `database is locked`."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA cache_size = -4000",
)

SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

POSTGRES_CONNECT: dict[str, str | int] = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "application_name": "penstock",
}
"""A server that is gone is noticed within seconds, also when nothing answers at all."""


class Database:
    """One database and its connections. Blocks: an event loop calls it in a thread."""

    def __init__(self, url: str, data: Path) -> None:
        """`url` is `sqlite` (a file in `data`) or postgresql://user@host/database."""
        self.data = data
        self.is_sqlite = url == "sqlite"
        self.url = url
        self.file = data / "penstock.db"
        """SQLite's file; with PostgreSQL there is none."""
        if self.is_sqlite:
            self.file.touch(mode=0o600)
        self._reads = self._open()
        self._writes = self._reads.execution_options(penstock_begin="BEGIN IMMEDIATE")

    def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query on one consistent view. Raises StorageUnavailable."""
        return self._run(self._reads, query, *args, **kwargs)

    def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query that changes something, all or nothing. Raises StorageUnavailable."""
        return self._run(self._writes, query, *args, **kwargs)

    def close(self) -> None:
        """Close the idle connections."""
        self._reads.dispose()

    @staticmethod
    def _run(
        engine: Engine, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            with engine.begin() as connection:
                return query(connection, *args, **kwargs)
        except DBAPIError as error:
            if is_away(error):
                raise StorageUnavailable(f"the database is not available: {error.orig}") from error
            raise

    def _open(self) -> Engine:
        if self.is_sqlite:
            engine = create_engine(f"sqlite:///{self.file}", connect_args={"check_same_thread": False})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        dialect_url = "postgresql+psycopg://" + self.url.split("://", 1)[1]
        return create_engine(dialect_url, pool_pre_ping=True, pool_size=4, connect_args=POSTGRES_CONNECT)


def is_away(error: DBAPIError) -> bool:
    """Whether the database itself could not be reached or used, as opposed to a wrong query."""
    if isinstance(error.orig, sqlite3.Error):
        # Extended codes have the plain one in their low byte (https://sqlite.org/rescode.html).
        return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in SQLITE_AWAY
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def noun(found: Row[Any], kind: Callable[..., T]) -> T:  # wire: a row of all columns of a table
    """Make the noun of a row; the columns are its fields."""
    return kind(**{str(name): value for name, value in found._mapping.items()})  # noqa: SLF001 - documented


def connect_sqlite(file: Path) -> sqlite3.Connection:
    """Open a SQLite file as it is always opened here: WAL, every commit on disk, no hidden transactions."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # begin and commit are said explicitly, below
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("penstock_begin", "BEGIN"))

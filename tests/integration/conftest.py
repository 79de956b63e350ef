"""PostgreSQL servers that a test may stop and start, and storage on a database of the test's own."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from penstock.domain.ledger import LedgerRow
from penstock.storage.database import Database
from penstock.storage.group import Group
from penstock.storage.migrate import migrate
from penstock.storage.postgres_sink import apply, connect_postgres


class PostgresServer:
    """A server of one test: it can be stopped as by a crash, and started again."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self._user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        if self._user:
            shutil.chown(folder, self._user)
        self._folder = folder
        self._programs = programs
        self._flags = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories="
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "-l", self._folder / "log", "-w", "-o", self._flags, "start")

    def stop(self) -> None:
        """As by a crash: connections are cut, nothing is tidied up."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def freeze(self) -> None:
        """Stop every process of the server in its tracks: it listens, and never answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        leader = (self._folder / "data" / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        for process in (leader, *children):
            os.kill(int(process), which)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self._programs / program, "-D", self._folder / "data", *arguments]
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, capture_output=True)


@pytest.fixture
def own_postgres(postgres_server, free_port):
    """A server of this test alone; it is durable, since a crash is part of the test."""
    found = shutil.which("initdb") or max(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    folder = Path(tempfile.mkdtemp(prefix="penstock-pg-"))
    server = PostgresServer(Path(found).parent, folder, free_port)
    yield server
    with suppress(FileNotFoundError):
        server.thaw()
    with suppress(subprocess.CalledProcessError):  # stopped by the test
        server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated(postgres_server, tmp_path_factory):
    """The name of a database with all tables, to be copied: quicker than migrating for each test."""
    name = f"template_{os.getpid()}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    opened = Database(f"{postgres_server}/{name}", tmp_path_factory.mktemp("template"))
    migrate(opened)
    opened.close()
    return name


@pytest.fixture
def database(postgres_server, migrated, tmp_path):
    """A database on PostgreSQL with all tables, for the tests of tests/unit/storage."""
    name = f"copy_{os.getpid()}_{abs(hash(tmp_path)):x}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}".encode())
        opened = Database(f"{postgres_server}/{name}", tmp_path)
        yield opened
        opened.close()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def write(database):
    """Write a group as the writer does: `write(rows=[...])`."""
    with connect_postgres(database.url) as connection:
        yield lambda **parts: apply(connection, Group(**parts))


@pytest.fixture
def make():
    """Make a ledger row of process p1: `make("r1", "settle", nanos=3)`."""

    def row(request_id, kind="hold", **others):
        values = {"at": 100.0, "nanos": 500, "process_id": "p1", "key_id": "k1", "attempt": 1, **others}
        return LedgerRow(request_id=request_id, kind=kind, **values)

    return row

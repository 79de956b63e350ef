"""What any test may ask for: free ports, a PostgreSQL, a Redis. Nothing leaves the machine."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
SHARED_DATA = Path(os.environ.get("PENSTOCK_SHARED_DATA", ROOT.parent / "shared" / "data"))
FOREIGN = (
    "OPENAI_",
    "ANTHROPIC_",
    "GEMINI_",
    "OPENROUTER_",
    "GROQ_",
    "MISTRAL_",
    "AZURE_OPENAI_",
    "PENSTOCK_",
)


def pytest_configure() -> None:
    """Forget what the developer's shell knows: no test may reach a provider or depend on a setting."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) and name not in {"PENSTOCK_SHARED_DATA", "PENSTOCK_CACHE"}:
            del os.environ[name]


def unavailable(what: str, remedy: str) -> None:
    """Skip the test; on CI a missing service is a failure instead."""
    message = f"{what} is not on this machine: {remedy}"
    if CI:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded provider traffic; a test that asks for it is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the recorded traffic is not beside this checkout; set PENSTOCK_SHARED_DATA")
    return SHARED_DATA


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody listens on."""
    return find_free_port()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a throw-away PostgreSQL, postgresql://postgres@127.0.0.1:PORT, without a database."""
    programs = postgres_programs()
    if programs is None:
        unavailable("PostgreSQL", "sudo apt-get install postgresql")
        return
    # PostgreSQL refuses to run as root, so there its own user runs it.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="penstock-pg-"))
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", find_free_port()
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        user=user,
        cwd=folder,
        check=True,
        capture_output=True,
    )
    flags = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories= -c fsync=off"
    control = [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
    subprocess.run([*control, "-o", flags, "start"], user=user, cwd=folder, check=True, capture_output=True)
    yield f"postgresql://postgres@127.0.0.1:{port}"
    subprocess.run(
        [*control, "-m", "immediate", "stop"], user=user, cwd=folder, check=True, capture_output=True
    )
    shutil.rmtree(folder)


def postgres_programs() -> Path | None:
    """Where initdb and pg_ctl are: on the PATH, or where Debian keeps them."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield f"{postgres_server}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class RedisServer:
    """A throw-away Redis on loopback that keeps nothing on disk; it can be killed and started again."""

    def __init__(self, program: str, folder: Path, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._port = port
        self._command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        self._command += ["--save", "", "--appendonly", "no"]
        self._process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            assert self._process.poll() is None, "redis-server ended at once"

    def kill(self) -> None:
        """As by a crash: what it knew is gone."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test alone."""
    program = shutil.which("redis-server")
    if program is None:
        unavailable("Redis", "sudo apt-get install redis-server")
        return
    folder = Path(tempfile.mkdtemp(prefix="penstock-redis-"))
    server = RedisServer(program, folder, find_free_port())
    yield server
    server.kill()
    shutil.rmtree(folder)

"""A running Penstock with a model behind it, and the clients, each installed as its makers say."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
KEY = "sk-client-test-0123456789"
CONFIG = """
providers:
  openai: {{kind: openai_compatible, vendor: openai, base_url: '{up}/v1', api_key: env:UPSTREAM_KEY}}
  plain: {{kind: openai_compatible, dialects: [chat], base_url: '{up}/v1', api_key: env:UPSTREAM_KEY}}
  claude: {{kind: anthropic, base_url: '{up}', api_key: env:UPSTREAM_KEY}}
models:
  river: {{targets: [{{provider: openai, model: river}}]}}
  river-embed: {{targets: [{{provider: openai, model: river-embed}}]}}
  brook: {{targets: [{{provider: plain, model: brook}}]}}
  lake: {{targets: [{{provider: claude, model: lake}}]}}
keys:
  - {{name: clients, secret: env:CLIENT_KEY, user: tester, team: tests, organization: acme}}
prices:
  openai/river: {{input: 0.4, output: 1.6}}
  openai/river-embed: {{input: 0.1, output: 0}}
  plain/brook: {{input: 0.1, output: 0.2}}
  claude/lake: {{input: 3, output: 15}}
"""


class Gateway(msgspec.Struct, frozen=True):
    """Where the running server is, and where its model's server is."""

    url: str
    upstream: str
    data: Path
    key: str = KEY


def free_port() -> int:
    import socket  # noqa: PLC0415 - kept beside its only use

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], url: str, log: Path, env: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends; it must end cleanly when told to."""
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **env})
    try:
        wait_for(url, server, log)
        yield
    finally:
        server.terminate()
        server.wait(40)


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"{url} did not answer:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A Penstock with one model per kind of provider: river and brook (OpenAI's), lake (Anthropic's)."""
    folder = tmp_path_factory.mktemp("gateway")
    up, port = free_port(), free_port()
    config = folder / "penstock.yaml"
    config.write_text(CONFIG.format(up=f"http://127.0.0.1:{up}"))
    model = [sys.executable, str(HERE / "model_server.py"), str(up)]
    server = [str(Path(sys.executable).parent / "penstock"), "up", "--config", str(config)]
    server += ["--port", str(port), "--data", str(folder / "data")]
    secrets = {"UPSTREAM_KEY": "sk-upstream", "CLIENT_KEY": KEY}
    with (
        running(model, f"http://127.0.0.1:{up}/v1/models", folder / "model.log", {}),
        running(server, f"http://127.0.0.1:{port}/live", folder / "penstock.log", secrets),
    ):
        yield Gateway(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{up}", folder / "data")


# --- installed clients, kept between runs outside the checkout ---


def cache() -> Path:
    base = os.environ.get("PENSTOCK_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "penstock"
    folder = Path(base).expanduser() / "clients"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def installed(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """The folder in which this very lock is installed; installs it once, whoever asks first."""
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache() / f"{name}-{digest}"
    with folder.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            install(folder)
            (folder / "complete").touch()
    return folder


def run(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[:4]}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.fixture(scope="session")
def python_client() -> Callable[[str], Path]:
    """The `bin` folder of the environment that a lock of requirements/ describes."""

    def environment(name: str) -> Path:
        lock = ROOT / "requirements" / f"{name}.txt"

        def install(folder: Path) -> None:
            uv = Path(sys.executable).parent / "uv"
            run(uv, "venv", "--quiet", "--python", sys.executable, folder)
            pip = [uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python"]
            run(*pip, "--require-hashes", "--no-deps", "--requirement", lock)

        return installed(name, lock, install) / "bin"

    return environment


@pytest.fixture(scope="session")
def node_clients(request: pytest.FixtureRequest) -> Path:
    """The `.bin` folder of the npm clients in node/package-lock.json."""
    if shutil.which("npm") is None:
        missing = "npm is missing: sudo apt-get install nodejs npm"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)

    def install(folder: Path) -> None:
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / name, folder)
        # Not `npm ci`: it insists on the builds for every other platform, which no one installs.
        run("npm", "install", "--silent", "--no-audit", "--no-fund", cwd=folder)

    return installed("node", HERE / "node" / "package-lock.json", install) / "node_modules" / ".bin"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment in which a client finds nothing of the person who runs the tests."""
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "work").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SSL_CERT_FILE") if name in os.environ}
    return {**kept, "HOME": str(folder), "NO_COLOR": "1", "DO_NOT_TRACK": "1", "TERM": "dumb"}

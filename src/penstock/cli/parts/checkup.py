"""What `penstock doctor` looks at. Each check gives findings; each failure the command that mends it."""

import asyncio
import shutil
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal
from urllib.error import URLError
from urllib.request import urlopen

import msgspec

from penstock.app.plugins import Sources
from penstock.cli.parts.setup import is_foreign
from penstock.config.folder import ADMIN_KEY, PEPPER
from penstock.config.load import Loaded
from penstock.config.mistakes import Mistake
from penstock.config.tree import Storage
from penstock.failures import Failure, StorageUnavailable
from penstock.gateway.catalog import shipped
from penstock.gateway.lanes import Source
from penstock.storage import keys, records
from penstock.storage.database import Database
from penstock.storage.lease import SPOOLS
from penstock.storage.migrate import HEAD, revision
from penstock.transport.client import Transport

OLDEST: Final = (3, 11)
LITTLE: Final = 1_000_000_000
"""Bytes of free disk below which to warn."""
TOO_LITTLE: Final = 100_000_000
LARGE: Final = 10_000_000_000
"""Bytes of the database from which to warn."""
FUTURE: Final = 60.0
"""Seconds that a record may lie ahead of the clock."""
BUILT: Final = 1_760_000_000
"""A time (Unix seconds) before the first release: no clock is right that shows an earlier one."""
PATIENCE: Final = 10.0
"""Seconds for a provider to answer."""

State = Literal["ok", "warning", "failure"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    state: State
    message: str
    mend: str = ""
    """A command."""


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """What is examined."""

    loaded: Loaded | None
    """None: the configuration has mistakes."""
    mistakes: tuple[Mistake, ...]
    storage: Storage | None
    data: Path
    host: str
    port: int
    config_option: str
    """`--config FILE`, to be repeated in commands; may be empty."""


Check = Callable[[Patient], Iterator[Finding]]


def ok(name: str, message: str) -> Finding:
    """All is well."""
    return Finding(name=name, state="ok", message=message)


def warning(name: str, message: str, mend: str = "") -> Finding:
    """Works, but not for long, or not as meant."""
    return Finding(name=name, state="warning", message=message, mend=mend)


def failure(name: str, message: str, mend: str) -> Finding:
    """Does not work."""
    return Finding(name=name, state="failure", message=message, mend=mend)


def check_python(_patient: Patient) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST:
        yield failure("python", f"{version} is too old", "uv venv --python 3.13")
    else:
        yield ok("python", version)


def check_config(patient: Patient) -> Iterator[Finding]:
    option = f" {patient.config_option}" if patient.config_option else ""
    if patient.mistakes:
        count = len(patient.mistakes)
        first = patient.mistakes[0]
        message = f"{count} mistake{'s' if count > 1 else ''}, the first: {first.place}: {first.message}"
        yield failure("configuration", message, f"penstock config check{option}")
    elif patient.loaded is not None:
        yield ok(
            "configuration", str(patient.loaded.path or "no file: providers are looked for at the start")
        )


def check_data(patient: Patient) -> Iterator[Finding]:
    data = patient.data
    if not data.exists():
        yield ok("data folder", f"{data} is made at the first start")
        return
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        yield failure("data folder", f"{data} is open to others (mode {mode:o})", f"chmod 700 {data}")
    elif not _is_writable(data):
        yield failure("data folder", f"{data} cannot be written", f"sudo chown -R $(id -u) {data}")
    else:
        yield ok("data folder", str(data))


def _is_writable(folder: Path) -> bool:
    probe = folder / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError:
        return False
    return True


def check_disk(patient: Patient) -> Iterator[Finding]:
    folder = next(each for each in (patient.data, *patient.data.absolute().parents) if each.exists())
    free = shutil.disk_usage(folder).free
    message = f"{free / 1e9:.1f} GB free"
    if free < TOO_LITTLE:
        yield failure("disk", message, f"du -xh {folder} | sort -h | tail")
    elif free < LITTLE:
        yield warning("disk", message, f"du -xh {folder} | sort -h | tail")
    else:
        yield ok("disk", message)


def check_secrets(patient: Patient) -> Iterator[Finding]:
    for file, name in ((patient.data / ADMIN_KEY, "admin key"), (patient.data / PEPPER, "server secret")):
        if not file.exists():
            yield ok(name, "is made at the first start")
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            yield failure(name, f"{file} can be read by others (mode {mode:o})", f"chmod 600 {file}")
        else:
            yield ok(name, str(file))


def check_database(patient: Patient) -> Iterator[Finding]:
    if patient.storage is None:
        return
    if patient.storage.url == "sqlite" and not (patient.data / "penstock.db").exists():
        yield ok("database", "is made at the first start")
        return
    database = Database(patient.storage.url, patient.data)
    if is_foreign(database):
        yield failure("database", f"{database.file} is no SQLite database", f"file {database.file}")
        return
    try:
        yield from _in_database(database, patient)
    except StorageUnavailable as error:
        where = "pg_isready" if not database.is_sqlite else f"ls -l {database.file}"
        yield failure("database", error.message, where)
    finally:
        database.close()


def _in_database(database: Database, patient: Patient) -> Iterator[Finding]:
    found = database.read(revision)
    if found != HEAD:
        yield warning("database", f"at revision {found}, not {HEAD}", "penstock keys list")
        return
    yield ok("database", f"{'SQLite' if database.is_sqlite else 'PostgreSQL'}, revision {found}")
    latest = database.read(records.page, limit=1)
    yield from _clock(latest[0].at if latest else 0.0)
    made = [row for row in database.read(keys.listed) if row.revoked_at is None]
    configured = patient.loaded.config.keys if patient.loaded else ()
    if made or configured:
        yield ok("keys", f"{len(made)} in the database, {len(configured)} in the configuration")
    else:
        yield warning("keys", "there is no key that works", "penstock keys create")
    if database.is_sqlite:
        size = database.file.stat().st_size
        message = f"{size / 1e6:.1f} MB"
        if size > LARGE:
            yield warning("records", f"{message}: keep them shorter", "export PENSTOCK__RECORDS__KEEP_DAYS=7")
        else:
            yield ok("records", message)


def _clock(latest: float) -> Iterator[Finding]:
    now = time.time()
    if now < BUILT or latest > now + FUTURE:
        shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
        message = f"it shows {shown}" + (", and there are later records" if latest > now else "")
        yield failure("clock", message, "sudo timedatectl set-ntp true")
    else:
        yield ok("clock", datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))


def check_spool(patient: Patient) -> Iterator[Finding]:
    waiting = sorted((patient.data / SPOOLS).glob("*.db"))
    if waiting:
        size = sum(file.stat().st_size for file in waiting) / 1e6
        message = f"{len(waiting)} files ({size:.1f} MB) wait for the database"
        yield warning("spool", message, "penstock up")
    else:
        yield ok("spool", "empty")


def check_port(patient: Patient) -> Iterator[Finding]:
    host, port = patient.host, patient.port
    if port == 0:
        yield ok("port", "any that is free")
        return
    reach = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - it listens everywhere
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield _whose(reach, port, error)
        else:
            yield ok("port", f"{host}:{port} is free")


def _whose(host: str, port: int, error: OSError) -> Finding:
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        with urlopen(f"{address}/live", timeout=2) as answer:  # noqa: S310 - our own address
            ours = b'"alive"' in answer.read(1000)
    except (URLError, OSError, ValueError):
        ours = False
    if ours:
        return ok("port", f"Penstock answers at {address}")
    other = port + 1
    return failure("port", f"{host}:{port} cannot be had: {error.strerror}", f"penstock up --port {other}")


def check_providers(patient: Patient) -> Iterator[Finding]:
    """Whether they can be opened; nothing is sent."""
    if patient.loaded is not None:
        try:
            Sources(Transport(), shipped()).of(patient.loaded)
        except ValueError as error:
            option = f" {patient.config_option}" if patient.config_option else ""
            yield failure("providers", str(error), f"penstock config show{option}")
        else:
            yield ok("providers", ", ".join(patient.loaded.options) or "none")


def check_online(patient: Patient) -> Iterator[Finding]:
    """Whether they answer and take the keys: asks each for its models, which costs nothing."""
    if patient.loaded is not None:
        yield from asyncio.run(_online(patient.loaded))


async def _online(loaded: Loaded) -> list[Finding]:
    async with Transport() as transport:
        try:
            sources = Sources(transport, shipped()).of(loaded)
        except ValueError:
            return []  # check_providers tells
        return list(await asyncio.gather(*(_ask(source) for source in sources.values())))


async def _ask(source: Source) -> Finding:
    name = f"provider {source.name}"
    mend = f"penstock config show --origin | grep providers.{source.name}"
    try:
        async with asyncio.timeout(PATIENCE):
            models = await source.provider.models()
    except TimeoutError:
        return failure(name, f"no answer within {PATIENCE:.0f} s", mend)
    except Failure as error:
        return failure(name, f"{error.code}: {error.message}", mend)
    finally:
        await source.provider.aclose()
    return ok(name, f"answers, {len(models)} models")


CHECKS: Final[tuple[Check, ...]] = (
    check_python,
    check_config,
    check_data,
    check_disk,
    check_secrets,
    check_database,
    check_spool,
    check_port,
    check_providers,
)

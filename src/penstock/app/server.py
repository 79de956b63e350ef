"""A running server: its ports, its signals, its workers, its end."""

import asyncio
import ctypes
import gc
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkProcess
from pathlib import Path
from typing import Final

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.embed import Server as Granian
from msgspec.structs import replace

from penstock.app.app import App
from penstock.config.load import Loaded
from penstock.config.mistakes import ConfigInvalid
from penstock.config.tree import Server as Settings
from penstock.config.watch import Watcher
from penstock.failures import StorageUnavailable
from penstock.http.asgi import Door
from penstock.http.incoming import MAX_HEADER_BYTES
from penstock.storage.migrate import MigrationFailed

log = logging.getLogger("penstock")

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
LAST_BYTES_SECONDS: Final = 0.1
"""What the last replies get to leave the socket."""
READY_SECONDS: Final = 30.0
"""A worker that is not ready by then never will be."""
RELOAD_SECONDS: Final = 1.0
"""Between two looks at the configuration's files."""
BACKLOG: Final = 1024
M_MMAP_THRESHOLD: Final = -3
"""mallopt(3)"""
MMAP_BYTES: Final = 256 * 1024
FAILED: Final = 1

Announce = Callable[[str], None]
"""Told the address once the server answers there."""


class CannotStart(Exception):
    """The server cannot start; the message says why, for the user."""


def serve(loaded: Loaded, data: Path, announce: Announce) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code. Raises CannotStart."""
    loaded = with_port(loaded)
    settings = loaded.config.server
    for port in (settings.port, settings.admin_port):
        if port is not None:
            check_free(settings.host, port)
    if settings.workers == 1:
        return uvloop.run(_run(loaded, data, 0, announce))
    return _supervise(loaded, data, announce)


def with_port(loaded: Loaded) -> Loaded:
    """Where port 0 is asked for, put a port that nobody listens on now."""
    settings = loaded.config.server
    if settings.port:
        return loaded
    with socket.socket(_family(settings.host)) as probe:
        probe.bind((settings.host, 0))
        chosen = replace(settings, port=probe.getsockname()[1])
    return replace(loaded, config=replace(loaded.config, server=chosen))


def check_free(host: str, port: int) -> None:
    """Raises CannotStart. Needed because the workers' sockets share a port, and so would a second server."""
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def address(settings: Settings) -> str:
    """The server's URL."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _give_memory_back() -> None:
    """Have glibc return large bodies to the system once they are freed.

    It raises its threshold with each one that is, up to 32 MB, and then keeps them all.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc only
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)


async def _run(loaded: Loaded, data: Path, worker: int, announce: Announce) -> int:
    """Serve in this process until a signal comes."""
    _give_memory_back()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        app = await App.start(loaded, data, worker)
    except (MigrationFailed, OSError, ValueError) as error:
        raise CannotStart(str(error)) from error
    except StorageUnavailable as failure:
        raise CannotStart(failure.message) from failure
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked through again and again
    settings = loaded.config.server
    granians = [_granian(app.door, settings, settings.port)]
    if app.admin_door is not None and settings.admin_port is not None:
        granians.append(_granian(app.admin_door, settings, settings.admin_port))
    serving = [app.tasks.spawn(granian.serve()) for granian in granians]
    await _answers(settings.host, settings.port, serving)
    watching = app.tasks.spawn(_watch(app))
    announce(address(settings))
    stopping = app.tasks.spawn(stop.wait())
    await asyncio.wait([stopping, *serving], return_when=asyncio.FIRST_COMPLETED)
    watching.cancel()
    await app.drain(settings.drain)
    await asyncio.sleep(LAST_BYTES_SECONDS)
    for granian in granians:
        granian.stop()  # type: ignore[no-untyped-call]  # granian has no annotations here
    await asyncio.wait(serving, timeout=LAST_BYTES_SECONDS)
    for task in serving:  # it waits for connections that have not even sent their headers
        task.cancel()
    await app.close()
    return 0 if stop.is_set() else FAILED


def _granian(door: Door, settings: Settings, port: int) -> Granian:
    return Granian(
        door,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto if settings.http2 else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=int(settings.header_timeout * 1000)),
        http2_settings=HTTP2Settings(max_headers_size=MAX_HEADER_BYTES),
        websockets=False,
        backlog=BACKLOG,
        backpressure=settings.max_requests,
        log_level=LogLevels.error,
        log_dictconfig={
            "version": 1,
            "disable_existing_loggers": False,
            "loggers": {"_granian": {"level": "CRITICAL"}},
        },
    )


async def _answers(host: str, port: int, serving: Sequence["asyncio.Task[None]"]) -> None:
    """Wait until the port takes connections. Raises CannotStart."""
    while True:
        if any(task.done() for task in serving):
            raise CannotStart(f"cannot serve on {host}:{port}")
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


async def _watch(app: App) -> None:
    """Take over a changed configuration; a bad one never replaces a good one."""
    watcher = Watcher(app.loaded)
    while True:
        await asyncio.sleep(RELOAD_SECONDS)
        found = await asyncio.to_thread(watcher.poll)
        if isinstance(found, ConfigInvalid):
            log.error("the changed configuration is not taken over:\n%s", found)
        elif found is not None:
            try:
                app.reload(found)
            except ValueError as mistake:
                log.error("the changed configuration is not taken over: %s", mistake)  # noqa: TRY400  # a sentence for the user
            else:
                log.info("the changed configuration was taken over")


# --- several processes on one port ---


def _supervise(loaded: Loaded, data: Path, announce: Announce) -> int:
    """Start the workers, announce when all answer, pass signals on, and end when they have."""
    context = ForkContext()  # nothing runs here yet: no loop, no threads
    settings = loaded.config.server
    workers: list[ForkProcess] = []
    ready: list[Connection] = []
    for worker in range(settings.workers):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_worker, args=(loaded, data, worker, theirs))
        process.start()
        theirs.close()
        workers.append(process)
        ready.append(ours)

    def stop(*_: object) -> None:
        for process in workers:
            process.terminate()

    for number in SIGNALS:
        signal.signal(number, stop)
    if all(_is_ready(connection) for connection in ready):
        announce(address(settings))
    else:
        stop()
    for process in workers:
        process.join()
    return max(process.exitcode or 0 for process in workers)


def _worker(loaded: Loaded, data: Path, worker: int, ready: Connection) -> None:
    code = uvloop.run(_run(loaded, data, worker, ready.send))
    raise SystemExit(code)


def _is_ready(connection: Connection) -> bool:
    try:
        return connection.poll(READY_SECONDS) and bool(connection.recv())
    except EOFError:
        return False

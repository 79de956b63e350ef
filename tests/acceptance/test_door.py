"""The door of a real server, over real sockets."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ADMIN = "admin-key-of-the-door-test"
KEY = "callers-key-of-the-door-test"
CHAT = "/v1/chat/completions"
OTHER = "key-of-another-tenant"
LEAVING_MS = 200.0
"""In this time the gateway must have noticed (G8)."""


def scripted(**line: Any) -> dict[str, Any]:
    return {"kind": "scripted", "script": [line]}


PROVIDERS = {
    "fast": scripted(text="fine and well"),
    "silent": scripted(text="late", wait=60),
    "translated": {**scripted(text="fine"), "dialects": ["openai_chat"]},
    "slow": scripted(text=" ".join(["word"] * 30), pause=0.1),
}


class Torrent:
    """A provider on a socket of its own whose stream never ends; counts the bytes that were taken."""

    FRAME = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"endless","choices":[' + (
        b'{"index":0,"delta":{"content":"%b"},"finish_reason":null}]}\n\n' % (b"word " * 200)
    )

    def __init__(self) -> None:
        self.taken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(ConnectionError):
                    self._pour(connection)

    def _pour(self, connection: socket.socket) -> None:
        request = connection.recv(65_536)
        if not request.startswith(b"POST"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(self.FRAME)
            self.taken += len(self.FRAME)


def configuration(torrent: int) -> dict[str, Any]:
    endless = {"kind": "openai_compatible", "base_url": f"http://127.0.0.1:{torrent}/v1"}
    providers = {**PROVIDERS, "endless": endless}
    return {
        "server": {"drain": 10, "header_timeout": 1, "body_timeout": 1, "keepalive": 0.1},
        "providers": providers,
        "models": {name: {"targets": [{"provider": name, "model": name}]} for name in providers},
        "keys": [
            {"name": "door", "secret": "env:DOOR_KEY", "organization": "acme"},
            {"name": "other", "secret": "env:OTHER_KEY", "organization": "other"},
        ],
    }


class Server:
    """A running server and its address."""

    def __init__(self, folder: Path, port: int, torrent: int) -> None:
        self.port = port
        self.folder = folder
        file = folder / "penstock.yaml"
        file.write_text(json.dumps(configuration(torrent)), encoding="utf-8")
        flags = ["--config", str(file), "--data", str(folder), "--port", str(port)]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "penstock", "up", *flags],
                env={**os.environ, "DOOR_KEY": KEY, "OTHER_KEY": OTHER, "PENSTOCK_ADMIN_KEY": ADMIN},
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b"ready"):
                return
        pytest.fail((folder / "log").read_text(encoding="utf-8", errors="replace"))

    def ask(
        self, method: str, path: str, body: Any = None, key: str = KEY
    ) -> tuple[int, dict[str, str], Any]:
        """Send a request; return status, headers and what the JSON says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Authorization": f"Bearer {key}"})
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, headers, json.loads(content) if content else None

    def open(self, model: str, *, stream: bool = True) -> socket.socket:
        """Send a request and return its connection, nothing read yet."""
        body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "x"}]})
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(20)
        connection.sendall(
            f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        return connection

    def last_record(self, model: str) -> dict[str, Any]:
        """The latest record of that model, once it is there."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            _, _, page = self.ask("GET", "/admin/requests?limit=20", key=ADMIN)
            for record in page["data"]:
                if record["model_asked"] == model:
                    found: dict[str, Any] = record
                    return found
            time.sleep(0.02)
        pytest.fail(f"no record of {model}")

    def resident(self) -> float:
        """Megabytes."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def running(folder: Path, torrent: Torrent) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder, port, torrent.port)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def torrent() -> Iterator[Torrent]:
    provider = Torrent()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, torrent: Torrent) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("door"), torrent) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path, torrent: Torrent) -> Iterator[Server]:
    """One that the test may end."""
    with running(tmp_path, torrent) as server:
        yield server


def leave(server: Server, model: str, connection: socket.socket, after: float) -> None:
    """Close a connection after so many seconds; its record must end within LEAVING_MS of that."""
    began = time.monotonic()
    time.sleep(after)
    waited = (time.monotonic() - began) * 1000
    connection.close()
    record = server.last_record(model)
    assert record["status"] == 499
    assert record["total_ms"] < waited + LEAVING_MS


def test_leaving_before_the_headers(server: Server) -> None:
    """G8, P14: a client that goes before anything was sent ends the upstream call within 200 ms."""
    leave(server, "silent", server.open("silent", stream=False), 0.3)


def test_leaving_before_the_content(server: Server) -> None:
    """G8, P14: so does one that got headers and keep-alives, but no content."""
    connection = server.open("silent")
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    leave(server, "silent", connection, 0.2)


def test_leaving_in_the_middle_of_the_content(server: Server) -> None:
    """G8, P14: and one that goes between two words; what was used is booked."""
    connection = server.open("slow")
    got = b""
    while got.count(b"word") < 3:
        got += connection.recv(4096)
    connection.close()
    time.sleep(LEAVING_MS / 1000)
    record = server.last_record("slow")
    assert record["status"] == 499
    assert record["total_ms"] < 1500, "a whole answer takes three seconds"


def test_first_frame_follows_its_headers_at_once(server: Server) -> None:
    """G6: no 40 ms between headers and first frame, which Nagle's algorithm would put there."""
    gaps = []
    for _ in range(20):
        with server.open("fast") as connection:
            got = connection.recv(65_536)
            began = time.monotonic()
            while b"data: " not in got:
                got += connection.recv(65_536)
            gaps.append(time.monotonic() - began)
    assert b"text/event-stream" in got
    assert sorted(gaps)[10] < 0.01


def test_slow_reader_holds_back_the_provider(server: Server, torrent: Torrent) -> None:
    """G6: what a client does not read is not taken from the provider, nor kept in memory."""
    server.ask("POST", CHAT, {"model": "fast", "messages": [{"role": "user", "content": "x"}]})
    before = server.resident()
    with server.open("endless") as connection:
        assert b"data: " in connection.recv(4096) + connection.recv(4096)
        time.sleep(1)
        taken = torrent.taken
        time.sleep(1)
        assert torrent.taken - taken < 1_000_000
        assert torrent.taken < 40_000_000
        assert server.resident() - before < 20
        assert server.ask("GET", "/live")[0] == 200


def test_slow_body_is_cut(server: Server) -> None:
    """G29: a second without a byte (here) is a 408, and the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(10)
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 9\r\n\r\n"
        connection.sendall(head.encode() + b"{")
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")
        assert connection.recv(4096) == b""


def test_slow_headers_are_cut(server: Server) -> None:
    """G29: so is a head that does not end."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(10)
        connection.sendall(b"POST /v1/chat")
        began = time.monotonic()
        while connection.recv(4096):
            pass
        assert time.monotonic() - began < 5


def test_large_body_is_refused_while_it_is_sent(server: Server) -> None:
    """G29: a client that sends all before it reads still gets its 413."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", CHAT, b" " * 30_000_000, {"Authorization": f"Bearer {KEY}"})
    assert connection.getresponse().status == 413
    connection.close()


def test_requests_on_one_connection(server: Server) -> None:
    """Keep-alive: answers of all sizes leave the connection usable."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for path in ("/live", "/nothing", "/v1/models", "/live"):
        connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
        connection.getresponse().read()
    body = json.dumps({"model": "fast", "messages": [{"role": "user", "content": "x"}]})
    for _ in range(3):
        connection.request("POST", CHAT, body, {"Authorization": f"Bearer {KEY}"})
        assert connection.getresponse().read().startswith(b"{")
    connection.close()


def test_revoked_key_is_refused_within_a_second(server: Server) -> None:
    """G26: also when another process revokes it."""
    _, _, made = server.ask("POST", "/admin/keys", {"name": "short"}, key=ADMIN)
    body = {"model": "fast", "messages": [{"role": "user", "content": "x"}]}
    assert server.ask("POST", CHAT, body, key=made["key"])[0] == 200
    command = [sys.executable, "-m", "penstock", "keys", "revoke", made["view"]["id"]]
    done = subprocess.run([*command, "--data", server.folder], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    time.sleep(1.0)
    assert server.ask("POST", CHAT, body, key=made["key"])[0] == 401


def test_stored_responses(server: Server) -> None:
    """A stored response is found, continued and deleted by its tenant; others get 404 (G30)."""
    asked = {"model": "translated", "input": "one"}
    first = server.ask("POST", "/v1/responses", asked)[2]["id"]
    path = f"/v1/responses/{first}"
    assert server.ask("GET", path)[2]["id"] == first
    status, _, second = server.ask("POST", "/v1/responses", {**asked, "previous_response_id": first})
    assert (status, second["previous_response_id"]) == (200, first)
    assert server.ask("GET", path, key=OTHER)[0] == 404
    assert server.ask("POST", "/v1/responses", {**asked, "previous_response_id": first}, key=OTHER)[0] == 404
    assert server.ask("DELETE", path, key=OTHER)[0] == 404
    assert server.ask("DELETE", path)[2]["deleted"]
    assert server.ask("GET", path)[0] == 404
    forgotten = server.ask("POST", "/v1/responses", {**asked, "store": False})[2]["id"]
    assert server.ask("GET", f"/v1/responses/{forgotten}")[0] == 404


def test_metrics_and_description(server: Server) -> None:
    """Both are served without a key."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for path in ("/metrics", "/openapi.json", "/ready", "/"):
        connection.request("GET", path)
        reply = connection.getresponse()
        assert (reply.status, len(reply.read()) > 10) == (200, True)
    connection.close()


def test_drain(own_server: Server) -> None:
    """G27: after SIGTERM a running stream finishes, new requests get 503 with Retry-After, the exit is 0."""
    with own_server.open("slow") as connection:
        got = connection.recv(4096)
        own_server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        body = {"model": "fast", "messages": [{"role": "user", "content": "x"}]}
        status, headers, _ = own_server.ask("POST", CHAT, body)
        assert (status, headers["retry-after"]) == (503, "1")
        while b"[DONE]" not in got:
            got += connection.recv(4096)
    assert got.count(b"word") == 30
    assert own_server.process.wait(10) == 0

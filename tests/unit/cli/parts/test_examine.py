"""What the doctor is given."""

import socket

from penstock.cli.parts.examine import examine


def test_a_broken_configuration_is_examined_all_the_same(shell):
    """The rest of the checks go on with defaults, without opening a database of unknown place."""
    shell.write("server: {port: 0}\nstorage: {url: mysql://x}\n")
    found = {finding.name: finding.state for finding in examine(None, None, shell.data, online=False)}
    assert found["configuration"] == "failure"
    assert found["disk"] == "ok"


def test_mistakes_in_storage_leave_the_database_alone(shell):
    """Nothing is opened where the place is not known."""
    shell.write("storage: {urll: x}\nserver: {port: 0}\n")
    names = [finding.name for finding in examine(None, None, shell.data, online=False)]
    assert "database" not in names


def test_mistakes_in_server_leave_its_defaults(shell, monkeypatch):
    """The usual port is looked at."""
    monkeypatch.setattr(socket.socket, "bind", lambda *_: None)
    shell.write("server: {prot: 1}\n")
    found = {finding.name: finding.message for finding in examine(None, None, shell.data, online=False)}
    assert found["port"] == "127.0.0.1:4141 is free"

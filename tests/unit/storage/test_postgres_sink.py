"""While PostgreSQL is away the spool takes over. (The real server is in tests/integration.)"""

import pytest

from penstock.failures import StorageUnavailable
from penstock.storage import postgres_sink
from penstock.storage.group import BadRow, Group
from penstock.storage.postgres_sink import PostgresSink
from penstock.storage.spool import Spool


class Server:
    """Stands for the network: connections succeed while it is up, writes too."""

    def __init__(self):
        self.up = True
        self.rows = []

    def connect(self, _url):
        if not self.up:
            raise StorageUnavailable("refused")
        return self

    def apply(self, _connection, group):
        if not self.up:
            raise StorageUnavailable("closed")
        if any("\0" in row.model_asked for row in group.rows):
            raise BadRow("bad text")
        self.rows += [row.request_id for row in group.rows]

    def fileno(self):
        return -1

    def close(self):
        pass


@pytest.fixture
def server(monkeypatch):
    made = Server()
    monkeypatch.setattr(postgres_sink, "connect_postgres", made.connect)
    monkeypatch.setattr(postgres_sink, "apply", made.apply)
    return made


@pytest.fixture
def sink(server, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres_sink, "REDIAL_SECONDS", 0.0)
    opened = PostgresSink("postgresql://nobody", Spool(tmp_path / "spool.db", 9))
    yield opened
    opened.close()


def settle(sink):
    """Let the thread that dials finish, and the spool run empty."""
    while True:
        pause = sink.tidy()
        if pause is None:
            return
        if sink._dialling is not None:
            sink._dialling.join()


def test_groups_go_to_the_database(sink, server, make):
    """As long as it is there, nothing is put off."""
    sink.write(Group(rows=[make("r1")]))
    assert (server.rows, sink.away, sink.tidy(), sink.trouble) == (["r1"], False, None, None)


def test_an_outage_is_bridged_by_the_spool(sink, server, make):
    """What came meanwhile is applied once the server is back."""
    server.up = False
    sink.write(Group(rows=[make("r1")]))
    sink.write(Group(rows=[make("r2")]))
    assert (sink.away, sink.spool.groups, sink.tidy()) == (True, 2, postgres_sink.LOOK_SECONDS)
    assert "2 groups wait" in sink.trouble
    assert sink.dropped == 0
    server.up = True
    settle(sink)
    assert (server.rows, sink.away, sink.spool.groups) == (["r1", "r2"], False, 0)


def test_a_server_that_goes_again_keeps_the_spool(sink, server, make):
    """Nothing is forgotten before it is applied."""
    server.up = False
    sink.write(Group(rows=[make("r1")]))
    server.up = True
    while sink.away:
        sink.tidy()
    sink.spool.add(Group(rows=[make("r2")]))
    server.up = False
    sink.tidy()
    assert sink.spool.groups >= 1
    assert sink.away


def test_a_bad_row_does_not_go_to_the_spool(sink, server, make):
    """It would never leave it."""
    with pytest.raises(BadRow):
        sink.write(Group(rows=[make("r1", model_asked="\0")]))
    assert sink.spool.groups == 0


def test_a_server_that_is_away_at_the_start_is_waited_for(server, tmp_path, make):
    """The spool takes what comes."""
    server.up = False
    sink = PostgresSink("postgresql://nobody", Spool(tmp_path / "spool.db", 9))
    assert sink.trouble == "PostgreSQL is away"
    sink.write(Group(rows=[make("r1")]))
    sink.close()
    assert (tmp_path / "spool.db").exists()


def test_a_bad_row_in_the_spool_keeps_nobody_out(sink, server, make):
    """It came while nobody could say so; it is cleaned when it is applied."""
    server.up = False
    sink.write(Group(rows=[make("r1", model_asked="a\0"), make("r2")]))
    server.up = True
    settle(sink)
    assert server.rows == ["r1", "r2"]


def test_a_spool_that_cannot_be_read_stops_nothing(sink, server, make, monkeypatch):
    """New rows go to the database; somebody has to look after the spool."""

    def fail(groups):
        raise StorageUnavailable("torn")

    sink.spool.groups = 1
    monkeypatch.setattr(sink.spool, "first", fail)
    assert sink.tidy() == postgres_sink.LOOK_SECONDS
    sink.write(Group(rows=[make("r1")]))
    assert server.rows == ["r1"]
    sink.spool.groups = 0

"""The checks of penstock doctor, one by one."""

import os
import shutil
import socket
import time
from collections import namedtuple
from io import BytesIO
from pathlib import Path
from urllib.error import URLError

import msgspec
import pytest

from penstock import failures
from penstock.app.plugins import Kinds
from penstock.cli.parts import checkup, keyring
from penstock.cli.parts.checkup import Patient
from penstock.config.load import load
from penstock.config.mistakes import Mistake, Place
from penstock.config.tree import Storage
from penstock.domain.record import RequestRecord
from penstock.gateway.lanes import Source
from penstock.storage import keys, records
from penstock.storage.database import Database
from penstock.storage.migrate import migrate

Usage = namedtuple("Usage", "free")  # noqa: PYI024 - as shutil's


@pytest.fixture
def patient(tmp_path):
    file = tmp_path / "penstock.yaml"
    file.write_text("providers: {off: {kind: offline}}\n")
    return Patient(
        loaded=load(file, env={}, kinds=Kinds()),
        mistakes=(),
        storage=Storage(),
        data=tmp_path,
        host="127.0.0.1",
        port=4141,
        config_option="",
    )


@pytest.fixture
def database(patient):
    database = Database("sqlite", patient.data)
    migrate(database)
    yield database
    database.close()


def but(patient, **changes):
    return msgspec.structs.replace(patient, **changes)


def states(check, patient):
    return [(finding.name, finding.state) for finding in check(patient)]


def test_an_old_python_is_a_failure(patient, monkeypatch):
    """The oldest Python that works is known."""
    assert states(checkup.check_python, patient) == [("python", "ok")]
    monkeypatch.setattr(checkup, "OLDEST", (99, 0))
    assert states(checkup.check_python, patient) == [("python", "failure")]


def test_mistakes_are_counted(patient):
    """The first is shown, and the command that shows all."""
    mistake = Mistake(place=Place(source="f", line=1, column=2), message="no")
    for count, word in ((1, "1 mistake,"), (2, "2 mistakes,")):
        broken = but(patient, loaded=None, mistakes=(mistake,) * count, config_option="--config f")
        (finding,) = checkup.check_config(broken)
        assert finding.message == f"{word} the first: f:1:2: no"
        assert finding.mend == "penstock config check --config f"


def test_a_configuration_without_mistakes_is_named(patient):
    """Its file, or that there is none."""
    (finding,) = checkup.check_config(patient)
    assert finding.message == str(patient.loaded.path)
    assert states(checkup.check_config, but(patient, loaded=None)) == []


def test_a_folder_that_cannot_be_written_is_a_failure(patient, monkeypatch):
    """It is tried, not guessed by its mode."""
    patient.data.chmod(0o700)
    assert states(checkup.check_data, patient) == [("data folder", "ok")]

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "write_bytes", refuse)
    (finding,) = checkup.check_data(patient)
    assert finding.state == "failure"
    assert finding.mend.startswith("sudo chown")


@pytest.mark.parametrize(("free", "state"), [(10**12, "ok"), (5 * 10**8, "warning"), (10**7, "failure")])
def test_a_full_disk_is_told_in_time(patient, monkeypatch, free, state):
    """A warning first, also where the folder is not there yet."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    patient = but(patient, data=patient.data / "not" / "yet")
    assert states(checkup.check_disk, patient) == [("disk", state)]


def test_secrets_are_for_their_owner(patient):
    """A key file that others can read is a failure."""
    (patient.data / "admin.key").write_text("x")
    (patient.data / "admin.key").chmod(0o644)
    (patient.data / "secret.key").write_text("x")
    (patient.data / "secret.key").chmod(0o600)
    admin, pepper = checkup.check_secrets(patient)
    assert (admin.state, pepper.state) == ("failure", "ok")
    assert admin.mend == f"chmod 600 {patient.data / 'admin.key'}"


def test_a_good_database_is_described(patient, database):
    """Revision, clock, keys and size."""
    made = keyring.make(patient.data, "a", now=1.0)
    database.write(keys.create, made.row)
    assert states(checkup.check_database, patient) == [
        ("database", "ok"),
        ("clock", "ok"),
        ("keys", "ok"),
        ("records", "ok"),
    ]


def test_no_key_at_all_is_a_warning(patient, database):
    """Nobody could call."""
    found = dict(states(checkup.check_database, patient))
    assert found["keys"] == "warning"
    assert database.is_sqlite


def test_a_large_database_is_a_warning(patient, database, monkeypatch):
    """Records can be kept for a shorter time."""
    monkeypatch.setattr(checkup, "LARGE", 1)
    assert dict(states(checkup.check_database, patient))["records"] == "warning"
    assert database.is_sqlite


def test_a_database_of_another_revision_is_a_warning(patient, database, monkeypatch):
    """The next start brings it up to date."""
    monkeypatch.setattr(checkup, "HEAD", "9999")
    assert states(checkup.check_database, patient) == [("database", "warning")]
    assert database.is_sqlite


def test_a_broken_file_is_a_failure(patient):
    """What is no database is told."""
    (patient.data / "penstock.db").write_bytes(b"this is no database" * 100)
    ((name, state),) = states(checkup.check_database, patient)
    assert (name, state) == ("database", "failure")


def test_a_database_that_is_away_is_a_failure(patient, monkeypatch):
    """PostgreSQL's own tool tells more."""

    def away(*_):
        raise failures.StorageUnavailable("gone")

    monkeypatch.setattr(Database, "read", away)
    (finding,) = checkup.check_database(but(patient, storage=Storage(url="postgresql://u@127.0.0.1/d")))
    assert (finding.state, finding.message, finding.mend) == ("failure", "gone", "pg_isready")


def test_without_a_storage_section_there_is_nothing_to_open(patient):
    """Mistakes in it are told elsewhere."""
    assert states(checkup.check_database, but(patient, storage=None)) == []


def test_records_from_the_future_are_a_failure(patient, database, monkeypatch):
    """A clock that went back would spoil budgets and leases."""
    record = RequestRecord(id="r", at=time.time() + 3600, dialect="openai_chat", model_asked="m")
    monkeypatch.setattr(records, "page", lambda *_, **__: [record])
    assert dict(states(checkup.check_database, patient))["clock"] == "failure"
    assert database.is_sqlite


def test_a_clock_that_was_never_set_is_a_failure(patient, database, monkeypatch):
    """1970 is not now."""
    monkeypatch.setattr(checkup, "BUILT", 10**11)
    assert dict(states(checkup.check_database, patient))["clock"] == "failure"
    assert database.is_sqlite


def test_rows_that_wait_are_a_warning(patient):
    """A spool that is not empty waits for the database."""
    assert states(checkup.check_spool, patient) == [("spool", "ok")]
    (patient.data / "spool").mkdir()
    (patient.data / "spool" / "p.db").write_bytes(b"x")
    assert states(checkup.check_spool, patient) == [("spool", "warning")]


@pytest.fixture
def taken(monkeypatch):
    def bind(_self, _address):
        raise OSError(98, os.strerror(98))

    monkeypatch.setattr(socket.socket, "bind", bind)


def answering(monkeypatch, answer):
    def opened(address, timeout):
        assert timeout == 2
        if isinstance(answer, Exception):
            raise answer
        return BytesIO(answer)

    monkeypatch.setattr(checkup, "urlopen", opened)


def test_a_free_port_is_fine(patient, monkeypatch):
    """Nobody listens there, or any will do."""
    monkeypatch.setattr(socket.socket, "bind", lambda *_: None)
    assert states(checkup.check_port, patient) == [("port", "ok")]
    assert states(checkup.check_port, but(patient, port=0)) == [("port", "ok")]


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_our_own_server_may_be_there(patient, monkeypatch, host):
    """A running Penstock is no failure."""
    answering(monkeypatch, b'{"status":"alive","version":"1"}')
    (finding,) = checkup.check_port(but(patient, host=host))
    assert finding.message.startswith("Penstock answers at http://")


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize("answer", [b"hello", URLError("refused")])
def test_another_program_is_a_failure(patient, monkeypatch, answer):
    """The next port is proposed."""
    answering(monkeypatch, answer)
    (finding,) = checkup.check_port(patient)
    assert (finding.state, finding.mend) == ("failure", "penstock up --port 4142")


def test_providers_are_opened(patient):
    """Nothing is sent; what a plug-in refuses is told."""
    assert [finding.message for finding in checkup.check_providers(patient)] == ["off"]
    assert states(checkup.check_providers, but(patient, loaded=None)) == []
    nowhere = unopenable()
    (finding,) = checkup.check_providers(but(patient, loaded=nowhere, config_option="--config f"))
    assert (finding.state, finding.mend) == ("failure", "penstock config show --config f")
    assert states(checkup.check_online, but(patient, loaded=nowhere)) == []


def unopenable():
    found = {"providers": {"a": {"kind": "openai_compatible", "base_url": "nowhere"}}}
    return load(None, env={}, kinds=Kinds(), discovered=found)


class Far:
    """A provider that answers, fails or is silent."""

    def __init__(self, answer) -> None:
        self.answer = answer
        self.closed = False

    async def models(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def aclose(self):
        self.closed = True


@pytest.mark.parametrize(
    ("answer", "state", "told"),
    [
        (("a", "b"), "ok", "answers, 2 models"),
        (failures.KeyRejected("wrong key"), "failure", "upstream_key_rejected: wrong key"),
        (TimeoutError(), "failure", "no answer within 10 s"),
    ],
)
async def test_a_provider_is_asked_for_its_models(answer, state, told):
    """Whether it answers and takes the key; it is closed afterwards."""
    far = Far(answer)
    finding = await checkup._ask(Source("far", far, "openai"))
    assert (finding.name, finding.state, finding.message) == ("provider far", state, told)
    assert far.closed


def test_without_a_configuration_nobody_is_asked(patient):
    """Mistakes come first."""
    assert states(checkup.check_online, but(patient, loaded=None)) == []

"""Records are found by id, time, key and status, and are deleted in steps."""

import msgspec
import pytest

from penstock.domain.record import AttemptRecord, RequestRecord
from penstock.domain.usage import Usage
from penstock.storage import records
from penstock.storage.records import stored

RECORD = RequestRecord(
    id="r1",
    at=100.0,
    dialect="openai_chat",
    model_asked="gpt",
    key_id="k1",
    session="s1",
    usage=Usage(output_text=3),
    attempts=(AttemptRecord(number=1, provider="openai", model="gpt-mini", ended_ms=12.5),),
    content={"request": {"text": "Grüße \0 😀 \\u0000"}},
)


def several(*ids):
    return [stored(msgspec.structs.replace(RECORD, id=name, at=100.0 + int(name[1:]))) for name in ids]


def test_a_record_is_read_as_it_was_written(database, write):
    """Every field survives, any character too."""
    write(records=[stored(RECORD)])
    assert database.read(records.get, "r1") == RECORD
    assert database.read(records.get, "r2") is None


def test_a_record_is_written_once(database, write):
    """The same id again changes nothing."""
    write(records=[stored(RECORD)])
    write(records=[stored(msgspec.structs.replace(RECORD, status=500))])
    found = database.read(records.get, "r1")
    assert found is not None
    assert found.status == 200


def test_pages_go_from_new_to_old(database, write):
    """The cursor is the time and id of the last record seen."""
    write(records=several("r1", "r2", "r3"))
    first = database.read(records.page, limit=2)
    assert [record.id for record in first] == ["r3", "r2"]
    rest = database.read(records.page, limit=2, before=(first[-1].at, first[-1].id))
    assert [record.id for record in rest] == ["r1"]


@pytest.mark.parametrize(("field", "value"), [("key_id", "k2"), ("status", 429)])
def test_pages_can_be_of_one_key_or_status(database, write, field, value):
    """Only what was asked for is listed."""
    other = msgspec.structs.replace(RECORD, id="r2", **{field: value})
    write(records=[stored(RECORD), stored(other)])
    found = database.read(records.page, limit=10, **{field: value})
    assert [record.id for record in found] == ["r2"]


def test_old_records_go_in_bounded_steps(database, write):
    """At most as many as asked for are deleted at once, the oldest first."""
    write(records=several("r1", "r2", "r3"))
    assert database.write(records.delete_before, 103.0, limit=1) == 1
    assert database.read(records.get, "r1") is None
    assert database.write(records.delete_before, 103.0, limit=5) == 1
    assert database.write(records.delete_before, 103.0, limit=5) == 0
    assert database.read(records.get, "r3") is not None

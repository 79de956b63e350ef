"""The spool keeps groups in order until they are forgotten."""

import sqlite3
from contextlib import closing

import pytest

from penstock.domain.usage import Usage
from penstock.failures import StorageUnavailable
from penstock.storage.group import BadRow, Group
from penstock.storage.records import StoredRecord
from penstock.storage.spool import Spool

RECORD = StoredRecord(id="a", at=1.0, key_id="k", status=200, session=None, body="{}")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "spool" / "p1.db"


def test_groups_come_back_as_they_went_in(file, make):
    """Also in another process, after this one died."""
    rows = [make(), make(kind="settle", usage=Usage(output_text=2))]
    Spool(file, 10).add(Group(rows=rows, records=[RECORD]))
    with closing(Spool(file, 10)) as again:
        assert again.groups == 1
        mark, group = again.first(5)
        assert (group.rows, group.records) == (rows, [RECORD])
        again.forget(mark)
        assert again.groups == 0


def test_the_oldest_groups_come_first(file, make):
    """As many as asked for, joined; the rest waits."""
    spool = Spool(file, 10)
    for name in ("r1", "r2", "r3"):
        spool.add(Group(rows=[make(name)]))
    mark, group = spool.first(2)
    assert [row.request_id for row in group.rows] == ["r1", "r2"]
    spool.forget(mark)
    assert [row.request_id for row in spool.first(2)[1].rows] == ["r3"]
    spool.close()


def test_records_have_bounded_room_and_rows_do_not(file, make):
    """Dropped records are counted; the room is free again once the spool is empty."""
    spool = Spool(file, 1)
    spool.add(Group(rows=[make("r1")], records=[RECORD, RECORD]))
    spool.add(Group(rows=[make("r2")], records=[RECORD]))
    mark, group = spool.first(9)
    assert (len(group.rows), len(group.records), spool.dropped) == (2, 1, 2)
    spool.forget(mark)
    spool.add(Group(records=[RECORD]))
    assert len(spool.first(9)[1].records) == 1
    spool.close()


def test_an_empty_spool_leaves_no_file(file, make):
    """One that is not empty stays for the next start."""
    spool = Spool(file, 1)
    spool.add(Group(rows=[make()]))
    spool.close()
    assert file.exists()
    again = Spool(file, 1)
    again.forget(again.first(1)[0])
    again.close()
    assert list(file.parent.iterdir()) == []


def test_a_spool_that_cannot_be_written_says_so(file, make):
    """Neither the database nor the spool: the caller has to know."""
    spool = Spool(file, 1)
    spool.add(Group(rows=[make()]))
    with closing(sqlite3.connect(file)) as vandal:
        vandal.execute("DROP TABLE spool")
        vandal.execute("CREATE TABLE spool (other TEXT)")
    with pytest.raises(StorageUnavailable, match="cannot be used"):
        spool.add(Group(rows=[make()]))
    assert file.exists()


def test_what_has_no_form_is_a_bad_row(file, make):
    """The caller cleans it and comes again."""
    spool = Spool(file, 1)
    with pytest.raises(BadRow):
        spool.add(Group(rows=[make(model_asked="\ud800")]))
    spool.close()

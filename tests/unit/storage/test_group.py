"""Groups are joined, taken apart, and cleaned of what no database takes."""

from penstock.domain.response import StoredResponse
from penstock.storage.group import Group, cleaned, singles
from penstock.storage.records import StoredRecord

RECORD = StoredRecord(id="a", at=1.0, key_id="k", status=200, session=None, body="{}")
RESPONSE = StoredResponse(id="b", owner="o", target="t", input="", body="", created=1.0)


def test_an_empty_group_is_false(make):
    """There is nothing to write."""
    assert not Group()
    assert Group(rows=[make()])
    assert Group(records=[RECORD])
    assert Group(responses=[RESPONSE])


def test_groups_are_joined_in_order(make):
    """What came first stays first."""
    joined = Group(rows=[make("r1")], records=[RECORD]) + Group(rows=[make("r2")], responses=[RESPONSE])
    assert [row.request_id for row in joined.rows] == ["r1", "r2"]
    assert (joined.records, joined.responses) == ([RECORD], [RESPONSE])


def test_a_group_is_taken_apart(make):
    """One group for each thing in it."""
    group = Group(rows=[make("r1"), make("r2")], records=[RECORD], responses=[RESPONSE])
    assert [len(one.rows) + len(one.records) + len(one.responses) for one in singles(group)] == [1] * 4


def test_text_that_no_database_takes_is_replaced(make):
    """NUL and lone surrogates become visible marks; all else stays."""
    (row,) = cleaned(Group(rows=[make(model_asked="a\0b\ud800cü", nanos=3)])).rows
    assert (row.model_asked, row.nanos) == ("a\ufffdb?cü", 3)

"""The index of one repository on disk."""

import sqlite3

import pytest

from penstock.storage import index as storage
from penstock.storage.index import IndexStore, IndexUnusable


@pytest.fixture
def store(tmp_path):
    opened = IndexStore.open(tmp_path / "deep" / "index.db")
    yield opened
    opened.close()


def test_digests_are_found_by_blob_and_language(store):
    """One content in two languages is two rows."""
    store.add_digests([("b1", "python", b"1"), ("b1", "text", b"2"), ("b2", "python", b"3")])
    assert sorted(store.digests(["b1"])) == [("b1", "python", b"1"), ("b1", "text", b"2")]
    assert store.known(["b2", "b3"]) == {("b2", "python")}


def test_more_blobs_than_a_statement_takes(store):
    """Thousands of names are asked for in turns."""
    store.add_digests((f"b{n}", "text", b"") for n in range(2000))
    assert len(store.known([f"b{n}" for n in range(2000)])) == 2000
    assert len(list(store.digests([f"b{n}" for n in range(2000)]))) == 2000


def test_commits_and_notes_are_kept(store):
    """Past commits come back with their ids, notes by their names."""
    store.add_past([("c1", b"x")])
    store.add_notes([("other", b"1")])
    assert store.past_ids() == {"c1"}
    assert dict(store.past()) == {"c1": b"x"}
    assert store.note("other") == b"1"
    assert store.note("none") is None


def test_rows_that_fail_half_way_leave_nothing(store):
    """The old index stays whole."""

    def rows():
        yield "b1", "text", b""
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.add_digests(rows())
    assert store.known(["b1"]) == set()


def test_an_index_of_another_version_is_made_anew(tmp_path, monkeypatch):
    """What was made by other rules is not mixed with what is made now."""
    first = IndexStore.open(tmp_path / "index.db")
    first.add_notes([("a", b"1")])
    first.close()
    monkeypatch.setattr(storage, "VERSION", storage.VERSION + 1)
    second = IndexStore.open(tmp_path / "index.db")
    assert second.note("a") is None
    second.close()


def test_a_file_that_is_no_database_is_unusable(tmp_path):
    """It is said which file it is."""
    (tmp_path / "index.db").write_bytes(b"x" * 5000)
    with pytest.raises(IndexUnusable, match=r"index\.db"):
        IndexStore.open(tmp_path / "index.db")


def test_a_full_disk_is_said_and_what_was_there_stays(store):
    """A write that finds no room fails with a reason, and earlier rows are still read."""
    store.add_notes([("a", b"1")])
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(IndexUnusable, match="full"):
        store.add_notes([("big", b"x" * 1_000_000)])
    assert store.note("a") == b"1"


def test_two_processes_prepare_one_file(tmp_path, monkeypatch):
    """The second sees that the first was quicker, and drops nothing."""
    path = tmp_path / "index.db"
    store = IndexStore.open(path)
    store.add_notes([("a", b"1")])
    other = sqlite3.connect(path, isolation_level=None)

    class Late:
        """Answers the first question for the version as it was before."""

        asked = 0

        def execute(self, statement):
            if statement == "PRAGMA user_version" and not self.asked:
                self.asked = 1
                return other.execute("SELECT 0")
            return other.execute(statement)

    storage._prepare(Late())
    assert store.note("a") == b"1"
    other.close()
    store.close()

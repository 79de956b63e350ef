"""The index follows a repository."""

from penstock.chunkers import Chunkers
from penstock.context import index as indexing
from penstock.context.git import Git
from penstock.context.index import Index, estimate, store_path
from penstock.storage.index import IndexStore


def test_only_new_content_is_read(repository, index):
    """Commits share what they have in common, and so do copies of a file."""
    first = repository.commit("one", {"a.py": "x = 1\n", "b.py": "y = 2\n", "copy.py": "x = 1\n"})
    second = repository.commit("two", {"b.py": "y = 3\n"})
    assert index.fill(index.listing(first)) == 2
    assert index.fill(index.listing(second)) == 1
    assert index.fill(index.listing(first)) == 0


def test_a_snapshot_holds_one_commit_only(repository, index):
    """What another commit has is not in it."""
    first = repository.commit("one", {"a.py": "x = 1\n"})
    second = repository.commit("two", {"b.py": "y = 2\n"})
    for commit in (first, second):
        index.fill(index.listing(commit))
    assert index.snapshot(index.listing(first)).paths == ["a.py"]
    assert index.snapshot(index.listing(second)).paths == ["a.py", "b.py"]


def test_an_edit_in_the_work_tree_is_seen_at_once(repository, index):
    """No line from before an edit is ever shown."""
    repository.commit("one", {"a.py": "def old():\n    pass\n"})
    index.fill(index.listing(None))
    repository.write({"a.py": "\n\ndef renamed_now():\n    pass\n"})
    listing = index.listing(None)
    assert index.fill(listing) == 1
    assert [it.symbol for it in index.snapshot(listing).digests[0].places] == ["renamed_now"]


def test_the_past_of_a_commit_holds_no_later_one(repository, index):
    """Later commits, though known, are not among those that lead to an earlier one."""
    first = repository.commit("one", {"a.py": "1\n"})
    second = repository.commit("two", {"a.py": "2\n"})
    assert index.remember(second) == 2
    assert index.remember(second) == 0
    assert [it.id for it in index.past(first)] == [first]
    assert [it.message for it in index.past(second)] == ["two", "one"]
    assert index.past("") == []


def test_a_repository_without_commits_has_a_work_tree_all_the_same(repository, index):
    """Files can be found before the first commit."""
    repository.write({"a.py": "x = 1\n"})
    listing = index.listing(None)
    assert listing.commit == ""
    assert index.remember(listing.commit) == 0
    assert index.fill(listing) == 1


def test_a_report_counts_and_gives_reasons(repository, index):
    """Files, symbols, languages, what was left out and what was cut by lines, each with why."""
    commit = repository.commit(
        "one",
        {"a.py": "def f(): ...\n", "bad.py": "def (:\n", "b.bin": b"\0", "c.dat2": b"\0", "d.md": "# T\n"},
    )
    listing = index.listing(commit)
    report = index.report(listing, index.fill(listing), index.remember(commit))
    assert (report.files, report.read, report.commits, report.commit) == (3, 5 - 1, 1, commit)
    assert report.languages == {"python": 2, "markdown": 1}
    assert dict(report.skipped) == {"b.bin": "binary", "c.dat2": "binary"}
    assert report.fallbacks == (("bad.py", "syntax error"),)
    assert report.symbols == 2


def test_a_file_that_is_deleted_while_it_is_read_is_left_out(repository, index):
    """The rest goes on."""
    repository.commit("one", {"a.py": "x = 1\n", "b.py": "y = 2\n"})
    listing = index.listing(None)
    (repository.path / "a.py").unlink()
    index.fill(listing)
    assert index.snapshot(listing).paths == ["b.py"]


def test_processes_share_the_work_of_many_files(repository, tmp_path, monkeypatch):
    """With many new files the digests come from processes, and are the same."""
    monkeypatch.setattr(indexing, "_WORTH_A_PROCESS", 2)
    commit = repository.commit("one", {f"f{n}.py": f"def f{n}(): ...\n" for n in range(5)})
    done = []
    store = IndexStore.open(tmp_path / "other.db")
    index = Index(Git.find(repository.path), store, Chunkers(), workers=2)
    listing = index.listing(commit)
    assert index.fill(listing, lambda number, total: done.append((number, total))) == 5
    assert done == [(5, 5)]
    assert [it.names[0].name for it in index.snapshot(listing).digests] == [f"f{n}" for n in range(5)]
    store.close()


def test_something_worked_out_is_kept(index):
    """What is kept under a name is there again; another name has nothing."""
    index.keep("a", b"1")
    assert index.recall("a") == b"1"
    assert index.recall("b") is None


def test_each_repository_has_a_file_of_its_own(repository, tmp_path):
    """Two repositories of one name do not share an index."""
    other = type(repository)(tmp_path / "elsewhere" / "work")
    paths = {store_path(tmp_path, Git.find(it.path)) for it in (repository, other)}
    assert len(paths) == 2
    assert all(it.name.startswith("work-") and it.parent == tmp_path / "index" for it in paths)


def test_the_estimate_of_tokens_is_never_nothing_for_something():
    """One byte is one token at least."""
    assert [estimate(b""), estimate(b"a"), estimate(b"abcd")] == [0, 1, 2]

"""Repositories are read through git."""

import subprocess
from pathlib import Path

import pytest

from penstock.context.git import Blobs, Git, NoRepository, _refusal


def test_a_path_that_is_no_repository_is_refused(tmp_path):
    """The message says what is wrong with the path."""
    with pytest.raises(NoRepository, match="not a git repository"):
        Git.find(tmp_path)
    with pytest.raises(NoRepository, match="not a directory"):
        Git.find(tmp_path / "nowhere")


def test_a_repository_of_another_user_is_told_from_none():
    """Git's own caution is passed on, with what to do about it."""
    assert "safe.directory" in _refusal(Path("/x"), "fatal: detected dubious ownership in repository at '/x'")


def test_a_repository_without_commits_has_no_such_commit(repository):
    """HEAD of a new repository is no commit yet."""
    with pytest.raises(NoRepository, match="has no commit HEAD"):
        Git.find(repository.path).commit("HEAD")


def test_a_commit_that_is_not_there_is_refused(repository):
    """An unknown revision is named."""
    repository.commit("one", {"a": "1"})
    with pytest.raises(NoRepository, match="has no commit beef"):
        Git.find(repository.path).commit("beef")


def test_bare_directories_are_read_as_well(repository, tmp_path):
    """A bare clone has the same tree, and no work tree."""
    commit = repository.commit("one", {"a/b.py": "x = 1\n"})
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(repository.path), str(bare)], check=True)
    git = Git.find(bare)
    assert git.work_tree is None
    assert [entry.path for entry in git.tree(commit)] == ["a/b.py"]


def test_names_with_newlines_and_other_bytes(repository):
    """Any name that git holds is read as it is."""
    repository.commit("one", {"a\nb.py": "1", "größe ü.py": "2"})
    assert {it.path for it in Git.find(repository.path).tree("HEAD")} == {"a\nb.py", "größe ü.py"}


def test_the_log_tells_renames_and_all_of_the_message(repository):
    """A rename names the path before; a message keeps its paragraphs."""
    text = "".join(f"line {n}\n" for n in range(20))
    first = repository.commit("first\n\nwith a body", {"old.py": text})
    repository.git("mv", "old.py", "new.py")
    second = repository.commit("second")
    found = {it.id: it for it in Git.find(repository.path).log([second, first])}
    assert found[first].message == "first\n\nwith a body"
    assert found[first].changes == (("A", "old.py", ""),)
    assert found[second].changes == (("R", "new.py", "old.py"),)


def test_the_log_tells_only_what_is_asked(repository):
    """Neither ancestors nor anything else is told unasked; nothing asked is nothing told."""
    first = repository.commit("first", {"a": "1"})
    second = repository.commit("second", {"a": "2"})
    git = Git.find(repository.path)
    assert [it.id for it in git.log([second])] == [second]
    assert [it.id for it in git.log([first, second])] == [first, second]
    assert list(git.log([])) == []


def test_ancestors_never_hold_what_came_later(repository):
    """The commits that lead to one are itself and what is before it, newest first."""
    first = repository.commit("first", {"a": "1"})
    second = repository.commit("second", {"a": "2"})
    repository.commit("third", {"a": "3"})
    assert Git.find(repository.path).ancestors(second, 9) == [second, first]


def test_a_blob_that_is_not_there_is_none(repository):
    """A partial copy of a repository lacks some blobs; the next one is read all the same."""
    repository.commit("one", {"a": "content"})
    git = Git.find(repository.path)
    blob = git.tree("HEAD")[0].blob
    with Blobs(git.directory) as blobs:
        assert blobs.read("0" * 40) is None
        assert blobs.read(blob) == b"content"

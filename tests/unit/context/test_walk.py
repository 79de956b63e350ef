"""Which files are read, and why others are not."""

import pytest

from penstock.context.git import Git
from penstock.context.walk import Ignore, walk_commit, walk_work_tree

FILES = {
    "src/a.py": "x = 1\n",
    "logo.png": "not really\n",
    "yarn.lock": "x\n",
    ".env": "KEY=1\n",
    "id_rsa": "x\n",
    "static/app.min.js": "x\n",
    "node_modules/a/index.js": "x\n",
    "generated/b.py": "x\n",
    ".penstockignore": "generated/\n# a comment\n",
}


def test_a_commit_is_walked_and_what_is_left_out_has_a_reason(repository):
    """Binary, lock, secret, minified, vendored and ignored files are listed with why."""
    commit = repository.commit("one", FILES)
    listing = walk_commit(Git.find(repository.path), commit[:10])
    assert listing.commit == commit
    assert {it.path for it in listing.entries} == {"src/a.py", ".penstockignore"}
    assert dict(listing.skipped) == {
        "logo.png": "binary",
        "yarn.lock": "lock file",
        ".env": "secret",
        "id_rsa": "secret",
        "static/app.min.js": "minified",
        "node_modules/a/index.js": "vendored",
        "generated/b.py": "ignored",
    }


def test_a_work_tree_is_walked_as_it_is_on_disk(repository):
    """Files that git does not know yet count; those that it ignores do not."""
    repository.commit("one", {"a.py": "1\n", ".gitignore": "*.tmp\n"})
    repository.write({"b.py": "2\n", "c.tmp": "3\n", "a.py": "changed\n"})
    listing = walk_work_tree(Git.find(repository.path), repository.path, {})
    assert {it.path for it in listing.entries} == {"a.py", "b.py", ".gitignore"}
    changed = next(it.blob for it in listing.entries if it.path == "a.py")
    assert changed == repository.git("hash-object", "a.py")


def test_an_unchanged_file_is_not_read_again(repository):
    """Size and time of change are enough to know its content."""
    repository.commit("one", {"a.py": "1\n"})
    git, known = Git.find(repository.path), {}
    walk_work_tree(git, repository.path, known)
    time, size, _ = known["a.py"]
    known["a.py"] = (time, size, "remembered")
    assert walk_work_tree(git, repository.path, known).entries[0].blob == "remembered"


def test_links_and_files_that_went_away_are_listed(repository):
    """A link is not followed, also one that points at itself; a deleted file is said to be gone."""
    repository.commit("one", {"a.py": "1\n", "gone.py": "2\n"})
    (repository.path / "loop").symlink_to("loop")
    (repository.path / "gone.py").unlink()
    listing = walk_work_tree(Git.find(repository.path), repository.path, {})
    assert [it.path for it in listing.entries] == ["a.py"]
    assert dict(listing.skipped) == {"loop": "symbolic link", "gone.py": "No such file or directory"}


def test_a_file_of_many_megabytes_is_not_read(repository):
    """It is listed as too large."""
    repository.commit("one", {"a.py": "1\n"})
    repository.write({"big.txt": b"x" * 5_000_001})
    listing = walk_work_tree(Git.find(repository.path), repository.path, {})
    assert dict(listing.skipped) == {"big.txt": "too large"}


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("*.gen.py", "a/b.gen.py", True),
        ("/top.py", "a/top.py", False),
        ("/top.py", "top.py", True),
        ("docs/", "docs/a.md", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/b", True),
        ("x?.py", "xy.py", True),
        ("[ab].py", "c.py", False),
        ("[!ab].py", "c.py", True),
        ("*.py\n!keep.py", "keep.py", False),
        ("", "a", False),
    ],
)
def test_ignore_rules(rules, path, expected):
    """Rules are read as those of a .gitignore; the last one that fits decides."""
    assert Ignore(rules).matches(path) is expected

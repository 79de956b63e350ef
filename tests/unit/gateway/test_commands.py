"""Requests that command."""

from penstock.gateway.commands import belonging, placed, quieted, shown
from penstock.gateway.phrases import tokens_of


def quiet(text: str) -> list[str]:
    return [token.key for token in quieted([shown(token) for token in tokens_of(text)])]


def test_showing_and_making_have_many_names():
    """list, display and look for are find; make is create."""
    assert quiet("list make dogs") == ["find", "create", "dog"]


def test_quoted_words_are_left_as_they_are():
    """A verb in quotes is no verb."""
    assert quiet("print 'list'") == ["find", "list"]


def test_finding_says_nothing_beside_acting():
    """find all X and delete them is delete all X."""
    assert "find" not in quiet("find dogs and delete them")


def test_the_kind_of_a_literal_is_left_out():
    """`the file a.txt`, `the /etc directory` and `*.c ending` are their literals."""
    assert quiet("copy file a.txt") == ["copy", "a.txt"]
    assert quiet("find in the /etc directory") == ["find", "in", "the", "/etc"]
    assert quiet("sort those ending with *.c") == ["sort", "thos", "with", "c"]


def test_endings_of_other_things_are_kept():
    """What a name ends with is not what it is."""
    assert "end" in quiet("sort those ending with 'x'")


def test_files_are_kept_beside_folders():
    """files and directories are not directories."""
    assert quiet("copy files and folders") == ["copy", "file", "and", "folder"]
    assert quiet("copy files") == ["copy"]
    assert quiet("copy 'x' files and folders") == ["copy", "x", "file", "and", "folder"]


def test_searching_goes_down_the_tree_anyway():
    """find ... recursively is find; a copy may be flat."""
    assert "tree" not in quiet("find dogs recursively")
    assert "tree" in quiet("copy dogs recursively")


def test_owners_are_users():
    """owned by user bob is owned by bob."""
    assert quiet("find dogs owned by user bob") == ["find", "dog", "own", "by", "bob"]


def test_an_adjective_belongs_to_the_nearest_thing():
    """An empty file in a folder is not a file in an empty folder."""
    assert list(belonging(list(tokens_of("empty file in folder")))) == [("empty", "file")]
    assert list(belonging(list(tokens_of("file in empty folder")))) == [("empty", "folder")]
    assert list(belonging(list(tokens_of("empty dogs")))) == []


def test_literals_have_their_places():
    """Where to look and where to put are told apart; a name has no place."""
    text = "copy 'x' *.c from under /a to /b about /c"
    assert list(placed(list(tokens_of(text)))) == [("", "x"), ("in", "/a"), ("to", "/b"), ("in", "/c")]

"""Settings in files of others."""

import pytest

from penstock.cli.parts.merge import CannotMerge, merged, overlaid, parsed

LIST = "# mine\nmodels:\n  # first\n  - name: a\n    x: 1 # one\n  - name: P\n    x: 2\nrules:\n  - r\n"


@pytest.mark.parametrize(
    ("form", "text", "content", "wanted"),
    [
        ("json", "", {"a": {"b": 1}}, '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("json", '{\n    "x": 1\n}', {"a": 2}, '{\n    "x": 1,\n    "a": 2\n}\n'),
        ("json", '{"x": {"y": 1}}', {"x": {"z": "é"}}, '{\n  "x": {\n    "y": 1,\n    "z": "é"\n  }\n}\n'),
        ("dotenv", "", {"A": "1"}, "A=1\n"),
        ("dotenv", "# c\nexport A=0\nB=2", {"A": "1", "C": "3"}, "# c\nA=1\nB=2\nC=3\n"),
        ("toml", "", {"a": 1, "t": {"u": {"b": "x"}}}, 'a = 1\n\n[t.u]\nb = "x"\n'),
        ("toml", "# c\na = 0 # old\n[z]\ny = 1\n", {"a": 1}, "# c\na = 1\n[z]\ny = 1\n"),
        (
            "toml",
            "[t]\n# c\nb = 0\n\n[z]\ny = 1\n",
            {"t": {"b": 1}},
            "[t]\nb = 1\n\n[z]\ny = 1\n",
        ),
        ("toml", "[z]\ny = 1", {"t": {"b": 1}}, "[z]\ny = 1\n\n[t]\nb = 1\n"),
        ("yaml", "", {"a": 1}, "a: 1\n"),
        ("yaml", "# c\na: 0 # old\nb: 1\n", {"a": "x: y", "c": 2}, '# c\na: "x: y"\nb: 1\nc: 2\n'),
        ("yaml", "a: 1", {"l": [{"name": "n"}]}, "a: 1\nl:\n- name: n\n"),
        (
            "yaml",
            LIST,
            {"models": [{"name": "P", "x": 3}]},
            "# mine\nmodels:\n  # first\n  - name: a\n    x: 1 # one\n  - name: P\n    x: 3\nrules:\n  - r\n",
        ),
        ("yaml", "# c\n- id: a\n", [{"id": "b"}], "# c\n- id: a\n- id: b\n"),
        ("yaml", "- id: a\n- id: b\n", [{"id": "a", "x": 1}], "- id: b\n- id: a\n  x: 1\n"),
        ("yaml", "l:\n\na: 1\n", {"l": [{"name": "n"}]}, "l:\n  - name: n\na: 1\n"),
    ],
)
def test_only_what_is_to_be_set_changes(form, text, content, wanted):
    """Comments, order and layout of the rest stay."""
    assert merged(text, form, content) == wanted


@pytest.mark.parametrize(
    ("form", "text"),
    [("json", '{"a":1}'), ("toml", "a=1"), ("yaml", "{a: 1}"), ("dotenv", " A = 1")],
)
def test_what_is_there_already_is_left_alone(form, text):
    """Not a byte changes where nothing has to."""
    content = {"A": "1"} if form == "dotenv" else {"a": 1}
    assert merged(text, form, content) == text


@pytest.mark.parametrize(
    ("form", "text", "content", "told"),
    [
        ("json", "// c\n{}", {"a": 1}, "comments"),
        ("toml", "a = ", {"a": 1}, "broken"),
        ("yaml", "a: [", {"a": 1}, "broken"),
        ("yaml", "{b: 1}", {"a": 1}, "unusual"),
        ("toml", "t = {b = 0}\n", {"t": {"b": 1}}, "unusual"),
        ("yaml", "l: [{name: a}]\n", {"l": [{"name": "b"}]}, "unusual"),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(form, text, content, told):
    """A file is read after the edit: anything else that changed ends it."""
    with pytest.raises(CannotMerge, match=told):
        merged(text, form, content)


def test_lists_are_merged_by_the_identity_of_their_items():
    """An item of the same name is replaced; other lists are replaced as a whole."""
    assert overlaid([{"name": "a"}, {"name": "b"}, 1], [{"name": "b", "x": 1}]) == [
        {"name": "a"},
        1,
        {"name": "b", "x": 1},
    ]
    assert overlaid([{"x": 1}], [{"y": 2}]) == [{"x": 1}, {"y": 2}]
    assert overlaid([1], [2]) == [2]


def test_nothing_is_nothing():
    """An empty file has no values."""
    assert parsed(" \n", "json") is None

"""Configuration is cut at its top-level keys."""

from penstock.chunkers import keys


def count(text: bytes) -> int:
    return len(text) // 4


def pieces(text: str, language: str, budget: int = 16):
    content = text.encode()
    found = keys.open(keys.Options(budget=budget)).chunk(content, language, count)
    return [(it.symbol, content[it.start : it.end].decode()) for it in found.pieces]


def names(text: str, language: str) -> list[str]:
    found = keys.open(keys.Options()).chunk(text.encode(), language, count)
    return [it.name for it in found.definitions]


def test_yaml_keys_take_the_comments_above_them():
    """A key's piece begins with what is said about it."""
    text = "services:\n  web: a long enough value\n# about volumes\nvolumes:\n  data: another long value\n"
    assert pieces(text, "yaml")[1] == ("volumes", text[text.index("# about") :])


def test_toml_tables():
    """A table is a piece; what stands before the first one too."""
    text = 'name = "a name that is long"\n[tool.ruff]\nline-length = 110\n[[bin]]\npath = "somewhere"\n'
    assert names(text, "toml") == ["tool.ruff", "bin"]
    assert [symbol for symbol, _ in pieces(text, "toml")] == ["", "tool.ruff", "bin"]


def test_json_members_of_the_outermost_object_only():
    """Keys further in, and strings that look like keys, cut nothing."""
    text = '{\n  "a": {"x": 1, "y": [{"z": 2}]},\n  "b": ["c", "d"],\n  "e\\"f": "g"\n}\n'
    assert names(text, "json") == ["a", "b", 'e\\"f']


def test_small_keys_share_a_piece():
    """Neighbours that are a quarter of the budget together are joined."""
    assert len(pieces("a: 1\nb: 2\nc: 3\n", "yaml", budget=100)) == 1


def test_what_has_no_keys_says_so():
    """A list at the top is cut by lines, and that is reported."""
    assert keys.open(keys.Options()).chunk(b"[1, 2]", "json", count).fallback == "no top-level keys"

"""Documents are cut at their headings."""

from penstock.chunkers import headings


def count(text: bytes) -> int:
    return len(text) // 4


def symbols(text: str, language: str) -> list[str]:
    found = headings.open(headings.Options()).chunk(text.encode(), language, count)
    return [it.symbol for it in found.pieces]


def test_markdown_sections_carry_the_trail_of_their_titles():
    """A section is called by its title and those above it."""
    text = "intro\n\n# A\n\ntext\n\n## B\n\nmore\n\n# C\n"
    assert symbols(text, "markdown") == ["", "A", "A / B", "C"]


def test_a_heading_in_a_fence_is_none():
    """Comments of shell examples do not cut a section."""
    assert symbols("# A\n\n```sh\n# not a title\n```\n\n~~~\n# nor this\n~~~\n", "markdown") == ["A"]


def test_rst_levels_follow_the_order_of_their_marks():
    """Underlines, with or without a line above, make titles."""
    text = "=====\nTitle\n=====\n\ntext\n\nPart\n----\n\nmore\n\nNext\n----\n"
    assert symbols(text, "rst") == ["Title", "Title / Part", "Title / Next"]


def test_a_rule_below_a_longer_line_is_no_heading():
    """A table's border or a transition does not make a title of the line above."""
    assert symbols("a long line of text\n---\n\nmore\n", "rst") == [""]


def test_the_line_over_a_title_belongs_to_its_section():
    """An overlined title is not torn."""
    content = b"text\n\n=====\nTitle\n=====\n"
    found = headings.open(headings.Options()).chunk(content, "rst", count)
    assert content[found.pieces[1].start :].startswith(b"=====\nTitle")

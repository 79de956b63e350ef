"""Text is cut at line ends."""

from penstock.chunkers import lines


def count(text: bytes) -> int:
    return len(text)


def test_text_that_fits_is_one_piece():
    """Nothing is cut without need."""
    found = lines.open(lines.Options(budget=100)).chunk(b"a\nb\n", "text", count)
    assert [(it.start, it.end) for it in found.pieces] == [(0, 4)]
    assert not found.fallback


def test_another_language_is_said_to_have_no_grammar():
    """Falling back is never silent."""
    assert lines.open(lines.Options()).chunk(b"x", "cobol", count).fallback == "no grammar for cobol"


def test_a_blank_line_is_a_better_place_to_cut():
    """A cut is made at a blank line in the second half rather than at the last line end."""
    text = b"aaaa\nbbbb\n\ncccc\ndddd\neeee\n"
    assert lines.cut(text, 0, len(text), 18, count)[0] == (0, 11)


def test_a_line_over_the_budget_is_cut_between_characters():
    """No piece is over the budget, and no character of more bytes is torn."""
    text = ("é" * 50).encode()
    spans = lines.cut(text, 0, len(text), 15, count)
    assert all(end - start <= 15 for start, end in spans)
    assert all(text[start:end].decode() for start, end in spans)


def test_a_long_text_is_looked_at_a_stretch_at_a_time():
    """A text far over the budget is cut into stretches, each counted on its own."""
    text = b"word " * 20_000 + b"\n"
    spans = lines.cut(text, 0, len(text), 10, lambda it: len(it) // 100)
    assert b"".join(text[a:b] for a, b in spans) == text

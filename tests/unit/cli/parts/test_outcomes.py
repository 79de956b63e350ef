"""Outcomes are read from JSON lines; what is wrong is said by line."""

import gzip
import json

import pytest

from penstock.cli.parts.outcomes import FEWEST, read
from penstock.cli.parts.trouble import Trouble

ROWS = [{"prompt": f"question {n}", "weak": n % 2, "strong": True, "topic": "any"} for n in range(FEWEST)]
LINES = "\n".join(map(json.dumps, ROWS))


def test_lines_are_read_with_what_else_is_in_them(tmp_path):
    """0/1, true/false and scores; other fields and empty lines are passed over."""
    file = tmp_path / "outcomes.jsonl"
    file.write_text(LINES + '\n\n{"prompt": "last", "weak": 2.5, "strong": 7}\n')
    found = read(file)
    assert found.prompts[-1] == "last"
    assert found.gains.tolist() == [1.0 - n % 2 for n in range(FEWEST)] + [4.5]
    assert found.width == 7.0
    assert len(set(found.marks().tolist())) == FEWEST + 1


def test_a_gzipped_file_is_read_the_same(tmp_path):
    """Known by its first bytes, whatever it is called."""
    file = tmp_path / "outcomes"
    file.write_bytes(gzip.compress(LINES.encode()))
    assert len(read(file).prompts) == FEWEST


def test_wrong_lines_are_named(tmp_path):
    """The first few, with how many more there are."""
    file = tmp_path / "outcomes.jsonl"
    wrong = ["{", '{"prompt": "p"}', '{"prompt": 1, "weak": 0, "strong": 1}', "[]", "1", "2", "\udcff"]
    file.write_text("\n".join([LINES, *wrong]), errors="surrogateescape")
    with pytest.raises(Trouble) as caught:
        read(file)
    assert f"{file}:{FEWEST + 2}: Object missing required field `weak`" in caught.value.message
    assert "and 2 more" in caught.value.message
    assert caught.value.code == 2


def test_one_wrong_line_is_one_line(tmp_path):
    """Without a count."""
    file = tmp_path / "outcomes.jsonl"
    file.write_text("{")
    with pytest.raises(Trouble, match=":1: ") as caught:
        read(file)
    assert "more" not in caught.value.message


def test_too_few_prompts_are_refused(tmp_path):
    """The same prompt again is no other prompt."""
    file = tmp_path / "outcomes.jsonl"
    file.write_text("\n".join([json.dumps(ROWS[0])] * 100))
    with pytest.raises(Trouble, match=f"fewer than {FEWEST}"):
        read(file)


def test_a_damaged_archive_is_said_to_be_one(tmp_path):
    """Cut off in the middle."""
    file = tmp_path / "outcomes.jsonl.gz"
    file.write_bytes(gzip.compress(LINES.encode())[:-20])
    with pytest.raises(Trouble, match="is damaged"):
        read(file)

"""`penstock cache`."""

import io
import json
import sys

PAIRS = b"""{"q1": "How do I sort dogs?", "q2": "How can I sort dogs?", "label": 1}

{"q1": "keep 3 dogs", "q2": "keep 4 dogs"}
{"q1": "keep 3 dogs", "q2": "keep 3 dogs"}
"""


def judged(shell, monkeypatch, raw: bytes, *args: str) -> tuple[int, list[dict]]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    code = shell("cache", "judge", *args)
    return code, [json.loads(line) for line in shell.out.splitlines()]


def test_each_pair_is_judged_without_a_configuration(shell, monkeypatch):
    """The tier, and why not, on one line for each pair."""
    code, lines = judged(shell, monkeypatch, PAIRS)
    assert code == 0
    assert [(line["line"], line["tier"], line["veto"]) for line in lines] == [
        (1, "semantic", None),
        (3, "none", "number"),
        (4, "exact", None),
    ]
    assert {line["route"] for line in lines} == {"default"}


def test_the_route_is_named_in_the_answer(shell, monkeypatch):
    """As it was given."""
    assert judged(shell, monkeypatch, PAIRS, "--route", "docs")[1][0]["route"] == "docs"


def test_a_bad_line_is_told_and_the_others_are_judged(shell, monkeypatch):
    """The line has its number, and the command ends with 1."""
    code, lines = judged(shell, monkeypatch, b'nonsense\n{"q1": 3}\n\xff\n' + PAIRS)
    assert code == 1
    assert [line["line"] for line in lines] == [1, 2, 3, 4, 6, 7]
    assert all("error" in line for line in lines[:3])
    assert "3 of the lines" in shell.err

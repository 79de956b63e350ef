"""Notebooks are cut at their cells."""

import json

from penstock.chunkers import notebook

CELLS = [
    {"cell_type": "markdown", "source": ["# Title"]},
    {"cell_type": "code", "source": ["print('}{')"], "outputs": [{"data": {"text": ["1"]}}]},
]


def test_each_cell_is_a_piece_named_by_its_number_and_kind():
    """Braces in strings and nested outputs do not confuse it."""
    content = json.dumps({"cells": CELLS, "metadata": {"cells": [{"x": 1}]}}, indent=1).encode()
    found = notebook.open(notebook.Options()).chunk(content, "notebook", len)
    assert [it.symbol for it in found.pieces if it.kind == "cell"] == ["cell 1 (markdown)", "cell 2 (code)"]
    assert not found.fallback


def test_a_file_without_cells_says_so():
    """What is no notebook is cut by lines."""
    assert notebook.open(notebook.Options()).chunk(b'{"a": 1}', "notebook", len).fallback == "no cells"


def test_a_cell_without_a_kind_has_a_number_only():
    """A broken cell still has a name."""
    found = notebook.open(notebook.Options()).chunk(b'{"cells": [{"source": []}]}', "notebook", len)
    assert "cell 1" in [it.symbol for it in found.pieces]

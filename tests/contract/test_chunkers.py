"""What every chunker keeps, whatever it is given; new files in the folder are found by themselves."""

import importlib
import pkgutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock import chunkers


def _plugins():
    for found in pkgutil.iter_modules(chunkers.__path__):
        module = importlib.import_module(f"penstock.chunkers.{found.name}")
        if hasattr(module, "open"):
            yield from ((module, language) for language in module.LANGUAGES)


CASES = [pytest.param(module, language, id=language) for module, language in _plugins()]
BUDGET = 40
SNIPPETS = st.sampled_from(
    [
        "def f(x):\n    return x\n\n\n",
        "class A:\n    def m(self): pass\n",
        "async def g(): ...\n",
        "@d\n",
        "function f() { return 1 }\n",
        "const f = (x) => { y };\n",
        "export default class B { m() {} }\n",
        "func (c *T) M() {}\n",
        "type T struct { a int }\n",
        "impl A for B { fn x() {} }\n",
        "/// doc\n",
        "#[x]\n",
        "public class C { int f() { return 1; } }\n",
        "int main(void) { return 0; }\n",
        "template <class T> T g();\n",
        "module M\n  def self.x; end\nend\n",
        "<?php function f() {} ?>\n",
        "fun k() = 1\n",
        "func s() {}\n",
        "CREATE TABLE t (a int);\n",
        "<div id='x'><p>t</p></div>\n",
        ".a { color: red }\n",
        "# Title\n\ntext\n",
        "Title\n=====\n\n",
        "```\n# no title\n```\n",
        "a:\n  b: 1\n",
        "[t]\nx = 1\n",
        '{"a": {"b": [1, 2]}, "c": 3}\n',
        '{"cells": [{"cell_type": "code", "source": ["x"]}]}',
        "2026-01-02 03:04:05 ERROR x\n",
        "\n\n",
        "@@ -1 +1 @@\n",
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n",
        '"',
        "{",
        "}",
        "(",
        "é" * 30,
        "\t",
        "\r\n",
        "x" * 90,
    ]
)


def _words(text: bytes) -> int:
    return (len(text) + 3) // 4


@pytest.mark.parametrize(("module", "language"), CASES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=st.lists(SNIPPETS, max_size=25))
def test_pieces_joined_again_are_the_file(module, language, parts):
    """Every byte is in exactly one piece, in order, and no piece is over the budget."""
    content = "".join(parts).encode()
    chunker = module.open(module.Options(budget=BUDGET))
    pieces = chunker.chunk(content, language, _words).pieces
    assert b"".join(content[it.start : it.end] for it in pieces) == content
    assert all(it.start < it.end for it in pieces)
    assert all(_words(content[it.start : it.end]) <= BUDGET for it in pieces)


@pytest.mark.parametrize(("module", "language"), CASES)
@given(content=st.binary(max_size=400))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_content_makes_it_fail(module, language, content):
    """Bytes that are no text in any language are cut too."""
    pieces = module.open(module.Options()).chunk(content, language, _words).pieces
    assert b"".join(content[it.start : it.end] for it in pieces) == content


@pytest.mark.parametrize(("module", "language"), CASES)
def test_an_empty_file_has_no_pieces(module, language):
    """Nothing in, nothing out."""
    assert module.open(module.Options()).chunk(b"", language, _words).pieces == ()


@pytest.mark.parametrize(("module", "language"), CASES)
def test_definitions_lie_inside_the_file(module, language):
    """Spans of definitions, imports and prose are offsets into the content."""
    content = b"# T\n\nclass A:\n    '''doc'''\n    def m(self):\n        return 1\n"
    chunked = module.open(module.Options()).chunk(content, language, _words)
    assert all(0 <= it.start <= it.body <= it.end <= len(content) for it in chunked.definitions)
    assert all(0 <= start <= end <= len(content) for start, end in chunked.prose)

"""Source code is cut by its syntax."""

import pytest

from penstock.chunkers import syntax


def count(text: bytes) -> int:
    return len(text) // 4


def cut(text: str, language: str = "python", budget: int = 512):
    return syntax.open(syntax.Options(budget=budget)).chunk(text.encode(), language, count)


def symbols(text: str, language: str, budget: int = 512) -> list[str]:
    return [it.symbol for it in cut(text, language, budget).pieces]


def texts(text: str, language: str = "python", budget: int = 512) -> list[str]:
    content = text.encode()
    return [content[it.start : it.end].decode() for it in cut(text, language, budget).pieces]


PYTHON = '''"""Module."""
import os
from a.b import c

LIMIT = 3


# What f is for.
@wraps(c)
async def f(
    x: int,
    y: str = "é",
) -> int:
    """Doc."""
    return x


class Session:
    """A session."""

    def send(self, request):
        return request

    async def close(self):
        pass


print(LIMIT)
'''


def test_async_functions_decorators_and_comments_stay_together():
    """A function's piece begins with its comment and decorators and holds all lines of its signature."""
    piece = next(it for it in texts(PYTHON) if "async def f" in it)
    assert piece.lstrip().startswith("# What f is for.\n@wraps(c)\nasync def f(\n    x: int,")
    assert piece.endswith("return x\n")


def test_module_code_imports_and_constants_are_kept():
    """What is outside functions has pieces of its own, and constants and imports are known."""
    found = cut(PYTHON)
    assert found.imports == ("import os", "from a.b import c")
    assert "LIMIT" in [it.name for it in found.definitions]
    assert "print(LIMIT)" in texts(PYTHON)[-1]


def test_a_class_that_fits_is_not_cut():
    """A unit within the budget is one piece."""
    assert symbols(PYTHON, "python").count("Session") == 1


def test_a_large_class_is_cut_into_its_methods():
    """The methods of a class over the budget are pieces of their own, under qualified names."""
    body = "".join(f"    def m{n}(self):\n        return {n} * 1000000\n\n" for n in range(20))
    found = symbols(f"class Big:\n    '''Doc.'''\n\n{body}", "python", budget=30)
    assert found[0] == "Big"
    assert {f"Big.m{n}" for n in range(20)} <= set(found)


def test_no_function_that_fits_is_cut():
    """Each function within the budget is whole in one piece."""
    functions = [f"def f{n}():\n    return {'x' * n}\n" for n in range(1, 30)]
    pieces = texts("\n\n".join(functions), budget=40)
    assert all(any(function in piece for piece in pieces) for function in functions)


def test_a_function_that_fits_is_whole_under_a_comment_that_does_not():
    """The comment is cut off before the function is cut."""
    text = "// a long explanation of it\n" * 30 + "function f() {\n  return 1;\n}\n"
    assert texts(text, "javascript", budget=40)[-1] == "function f() {\n  return 1;\n}\n"


def test_a_function_over_the_budget_is_cut_at_line_ends():
    """Its pieces keep its name and end with whole lines."""
    text = "def f():\n" + "    call_something(1)\n" * 60
    pieces = texts(text, budget=50)
    assert len(pieces) > 1
    assert all(it.endswith("\n") for it in pieces)
    assert set(symbols(text, "python", 50)) == {"f"}


def test_a_syntax_error_is_said_and_the_rest_is_kept():
    """What the grammar understood has its symbols all the same."""
    found = cut("def good():\n    return 1\n\ndef bad(:\n    (((\n")
    assert found.fallback == "syntax error"
    assert "good" in [it.name for it in found.definitions]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "javascript",
            "res.send = function send(b) { return b };\nconst f = () => { x };\n",
            ["res.send", "f"],
        ),
        ("javascript", "class A { m() { return 1 } }\nexport default function g() {}\n", ["A", "A.m", "g"]),
        ("typescript", "interface I { a: string }\nenum E { X }\ntype T = string;\n", ["I", "E", "T"]),
        ("tsx", "export function App() { return <div>hi</div>; }\n", ["App"]),
        (
            "go",
            "type T struct{}\n\nfunc (t *T) Run() {}\n\nfunc New() *T { return nil }\n",
            ["T", "T.Run", "New"],
        ),
        (
            "rust",
            "struct S;\nimpl S { pub fn go(&self) {} }\ntrait Q { fn q(&self); }\n",
            ["S", "S", "S.go", "Q", "Q.q"],
        ),
        ("java", "class A { int f() { return 1; } A() {} }\n", ["A", "A.f", "A.A"]),
        (
            "c",
            "#define N 3\nint add(int a, int b) { return a + b; }\nstruct p { int x; };\n",
            ["N", "add", "p"],
        ),
        ("cpp", "namespace n { class A { void f() {} }; }\n", ["n", "n.A", "n.A.f"]),
        (
            "csharp",
            "namespace N { class A { void F() {} int P { get; } } }\n",
            ["N", "N.A", "N.A.F", "N.A.P"],
        ),
        (
            "ruby",
            "module M\n  class A\n    def x; end\n    def self.y; end\n  end\nend\n",
            ["M", "M.A", "M.A.x", "M.A.y"],
        ),
        ("php", "<?php\nfunction f() {}\nclass A { function g() {} }\n", ["f", "A", "A.g"]),
        ("kotlin", "class A { fun f() {} }\nobject O\n", ["A", "A.f", "O"]),
        ("swift", "class A { func f() {} }\nprotocol P {}\n", ["A", "A.f", "P"]),
        ("bash", "greet() {\n  echo hi\n}\nNAME=x\n", ["greet", "NAME"]),
        ("sql", "CREATE TABLE users (id int);\nCREATE VIEW v AS SELECT 1;\n", ["users", "v"]),
        ("html", "<main><p>text</p></main>\n", ["main", "main.p"]),
        ("css", ".a { color: red }\n#b { top: 0 }\n", [".a", "#b"]),
    ],
)
def test_names_in_every_language(language, text, expected):
    """Functions, classes and what else has a name are found, under the names of their parents."""
    assert [it.qualified for it in cut(text, language).definitions] == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "javascript",
            "const a = require('./a');\nimport b from 'b';\n",
            ["require('./a')", "import b from 'b';"],
        ),
        ("go", 'import (\n\t"fmt"\n\t"x.org/y"\n)\n', ['"fmt"', '"x.org/y"']),
        ("rust", "use crate::a::B;\n", ["use crate::a::B;"]),
        ("c", '#include "x.h"\n', ['#include "x.h"\n']),
        ("ruby", "require_relative 'x'\n", ["require_relative 'x'"]),
    ],
)
def test_imports_in_many_languages(language, text, expected):
    """Import statements are kept as they stand."""
    assert list(cut(text, language).imports) == expected


def test_small_rules_of_a_style_sheet_share_a_piece():
    """Neighbours of the small kinds are joined while they fit."""
    assert len(cut(".a { top: 0 }\n.b { top: 1 }\n.c { top: 2 }\n", "css").pieces) == 1


def test_comments_and_strings_are_told_from_code():
    """Prose spans cover docstrings and comments, each once."""
    content = PYTHON.encode()
    prose = [content[start:end].decode() for start, end in cut(PYTHON).prose]
    assert '"""A session."""' in prose
    assert "# What f is for." in prose
    assert len(prose) == len(set(prose))


def test_the_signature_ends_where_the_body_begins():
    """A definition says where its body is."""
    send = next(it for it in cut(PYTHON).definitions if it.name == "send")
    assert PYTHON.encode()[send.start : send.body].strip() == b"def send(self, request):"

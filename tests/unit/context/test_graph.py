"""Which file imports which."""

import numpy as np
import pytest

from penstock.context.digest import Digest
from penstock.context.graph import Graph, Resolver
from penstock.context.snapshot import Snapshot

PATHS = [
    "src/app/__init__.py",
    "src/app/core.py",
    "src/app/sub/part.py",
    "tests/test_core.py",
    "lib/router/index.js",
    "lib/utils.js",
    "pkg/binding/json.go",
    "main.go",
    "crates/a/src/walk.rs",
    "inc/list.h",
    "com/x/Foo.java",
]


@pytest.mark.parametrize(
    ("path", "statement", "expected"),
    [
        ("tests/test_core.py", "from app.core import run", ["src/app/core.py"]),
        ("src/app/core.py", "from .sub import part", ["src/app/sub/part.py"]),
        ("src/app/sub/part.py", "from ..core import (a, b as c)", ["src/app/core.py"]),
        ("tests/test_core.py", "import app.sub.part as p", ["src/app/sub/part.py"]),
        ("tests/test_core.py", "import os", []),
        ("lib/express.js", "require('./router')", ["lib/router/index.js"]),
        ("lib/router/index.js", "import x from '../utils'", ["lib/utils.js"]),
        ("main.go", '"github.com/gin-gonic/gin/binding"', ["pkg/binding/json.go"]),
        ("main.go", '"fmt"', []),
        ("crates/a/src/lib.rs", "use crate::walk::Walker;", ["crates/a/src/walk.rs"]),
        ("src/a.c", '#include "list.h"', ["inc/list.h"]),
        ("com/x/Bar.java", "import com.x.Foo;", ["com/x/Foo.java"]),
    ],
)
def test_imports_find_their_files(path, statement, expected):
    """Statements of any language are resolved by the ends of paths."""
    found = Resolver(PATHS).statement(path, statement)
    assert sorted({PATHS[it] for it in found}) == expected


@pytest.fixture
def graph():
    """A test that imports a module that imports another."""
    imports = {"t/test_a.py": ("from a import x",), "a.py": ("import b",), "b.py": (), "alone.py": ()}
    return Graph(Snapshot(list(imports), [Digest(imports=it) for it in imports.values()]))


def test_importers_vote_for_what_they_import(graph):
    """A test's score goes to its imports."""
    assert graph.votes(np.array([2.0, 0, 0, 0])).tolist() == [0, 2, 0, 0]


def test_a_walk_reaches_neighbours_and_keeps_its_mass(graph):
    """The nearest neighbours get most; all shares sum to one; what is not linked gets nothing."""
    rank = graph.walk(np.array([0, 1.0, 0, 0]))
    assert rank.sum() == pytest.approx(1)
    assert rank[1] > rank[2] > rank[0] > rank[3] == 0


def test_without_edges_or_seeds_nothing_moves():
    """A graph without imports gives the seeds back; no seeds stay none."""
    graph = Graph(Snapshot(["a.py"], [Digest()]))
    assert graph.walk(np.array([3.0])).tolist() == [1]
    assert graph.walk(np.array([0.0])).tolist() == [0]
    assert graph.votes(np.array([1.0])).tolist() == [0]

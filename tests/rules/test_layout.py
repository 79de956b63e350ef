"""Sizes, names and places of files."""

import ast
import subprocess
import tomllib

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
NEEDS_NO_MIRROR = {"__init__.py", "__main__.py"}


def test_a_file_has_at_most_500_lines(sources):
    """A file that grew past 500 lines is two files."""
    assert [source.name for source in sources if len(source.lines) > 500] == []


def test_a_function_has_at_most_60_lines(sources):
    """A function fits on a screen."""
    long = [
        f"{source.name}:{function.lineno} {function.name}"
        for source in sources
        for function in source.functions
        if (function.end_lineno or 0) - function.lineno + 1 > 60
    ]
    assert long == []


def test_no_file_is_a_drawer(sources):
    """A file is named for what is in it, so none is called utils, helpers, common, manager or base."""
    assert [source.name for source in sources if source.path.stem in FORBIDDEN_NAMES] == []


def test_each_module_has_its_mirror(sources, root):
    """The tests of src/penstock/a/b.py are in tests/unit/a/test_b.py."""
    missing = [
        f"tests/unit/{mirror}"
        for source in sources
        if source.path.name not in NEEDS_NO_MIRROR and "migrations" not in source.name
        for mirror in [source.name.replace(source.path.name, f"test_{source.path.name}")]
        if has_code(source.tree) and not (root / "tests" / "unit" / mirror).exists()
    ]
    assert missing == []


def has_code(tree: ast.Module) -> bool:
    """Whether there is anything to test: a page of nouns and protocols has no functions of its own."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not isinstance(node.body[-1], ast.Expr)
        for node in ast.walk(tree)
    )


def test_each_test_says_what_it_shows(root):
    """A test's docstring is one sentence about behaviour."""
    silent = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and node.name.startswith("test") and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(root)}:{node.lineno} {node.name}")
    assert silent == []


def test_nothing_in_the_tree_points_at_a_machine_or_a_registry(root):
    """Locks and files name packages and hashes, never an address to fetch from or a path of one machine."""
    words = ["pypi.org", "pythonhosted", "npmjs.org", "npmjs.com", "/root/", "/farm", "registry.npm"]
    here = "tests/rules/test_layout.py"
    found = subprocess.run(
        ["git", "grep", "-lIF", *(flag for word in words for flag in ("-e", word)), "--", ".", f":!{here}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.split() == []


def test_everything_that_is_run_is_locked_by_hash(root):
    """The lock holds every dependency of pyproject.toml, pinned, with hashes."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    lock = (root / "requirements" / "run.txt").read_text()
    for dependency in project["project"]["dependencies"]:
        name = dependency.split(">=")[0].split("[")[0].lower()
        assert f"\n{name}==" in f"\n{lock}", name
    for path in sorted((root / "requirements").glob("*.txt")):
        pins = path.read_text().split("\n")
        for line, after in zip(pins, [*pins[1:], ""], strict=True):
            if line and not line.startswith((" ", "#")):
                assert "==" in line, line
                assert after.strip().startswith("--hash=sha256:"), line

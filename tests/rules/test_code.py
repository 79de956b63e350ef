"""What the code may not do."""

import ast
import re

# except Exception is legal at the http door, the job door, around a plug-in and in the recorder.
MAY_CATCH_ALL = ("http/", "jobs/", "telemetry/recorder.py", "gateway/upstream.py")
MAY_IMPORT_LATE = ("app/", "cli/")
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL
)


def test_penstock_is_imported_at_the_top(sources):
    """An import of our own inside a function hides a cycle; only app's loader and commands may."""
    late = [
        f"{source.name}:{node.lineno}"
        for source in sources
        if not source.name.startswith(MAY_IMPORT_LATE)
        for function in source.functions
        for node in ast.walk(function)
        if is_own_import(node)
    ]
    assert late == []


def is_own_import(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == "penstock" or node.level > 0
    return isinstance(node, ast.Import) and any(name.name.startswith("penstock") for name in node.names)


def test_there_is_no_global(sources):
    """State has an owner."""
    found = [
        f"{source.name}:{node.lineno}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Global)
    ]
    assert found == []


def test_any_has_a_reason(sources):
    """`Any` is for what comes off a wire, and says so beside it."""
    unexplained = [
        f"{source.name}:{node.lineno}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name) and node.id == "Any" and not source.explains(node.lineno)
        # What a task sends, receives and returns is nobody's business but its own.
        if not re.search(r"(Coroutine|Task)\[", source.lines[node.lineno - 1])
    ]
    assert unexplained == []


def test_a_blind_except_is_at_a_door(sources):
    """Only the doors, the recorder and the call of a plug-in may catch everything."""
    blind = [
        f"{source.name}:{node.lineno}"
        for source in sources
        if not source.name.startswith(MAY_CATCH_ALL)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    ]
    assert blind == []


def catches_all(handler: ast.ExceptHandler) -> bool:
    """A bare except, Exception or BaseException; one that always raises on is no blind one."""
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {""}
    )
    reraises = isinstance(handler.body[-1], ast.Raise)
    return bool(names & {"", "Exception", "BaseException"}) and not reraises


def test_sql_is_spoken_in_storage_only(sources):
    """No other room holds a statement, not even as text."""
    stray = [
        f"{source.name}:{node.lineno}"
        for source in sources
        if not source.name.startswith("storage/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert stray == []


def test_every_exception_from_a_linter_says_why(sources):
    """`noqa` and `type: ignore` name their rule and give a reason."""
    bare = re.compile(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[^\]]+\])\s*$|#\s*(noqa|type: ignore)\s*$")
    found = [
        f"{source.name}:{number}"
        for source in sources
        for number, line in enumerate(source.lines, 1)
        if bare.search(line)
    ]
    assert found == []

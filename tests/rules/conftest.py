"""The source as the rules see it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "penstock"


class Source:
    """One Python file of the package, read and parsed once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(PACKAGE).as_posix()
        self.text = path.read_text()
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text)

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def explains(self, line: int) -> bool:
        """Whether there is a comment on this line or alone on the one above."""
        above = self.lines[line - 2].strip() if line > 1 else ""
        return "#" in self.lines[line - 1] or above.startswith("#")


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    return [Source(path) for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT

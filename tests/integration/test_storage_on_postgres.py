"""The tests of tests/unit/storage, over PostgreSQL: the same queries have to give the same answers."""

import importlib.util
from pathlib import Path

UNIT = Path(__file__).parents[1] / "unit" / "storage"
MODULES = ("budgets", "keys", "ledger", "processes", "records", "responses", "spend", "verify")


def load(path):
    spec = importlib.util.spec_from_file_location(f"postgres_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


make = load(UNIT / "conftest.py")["make"]

for name in MODULES:
    for test, body in load(UNIT / f"test_{name}.py").items():
        if test.startswith("test_"):
            globals()[f"{test}__{name}"] = body

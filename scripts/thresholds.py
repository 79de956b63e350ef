"""Judge the coverage of each room: `thresholds.py COVERAGE_FILE`. The thresholds are in pyproject.toml."""

import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import coverage

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "penstock"


def main(data_file: str) -> int:
    demands = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["penstock"]["coverage"]
    rooms: dict[str, list[tuple[Path, int, int, str]]] = defaultdict(list)
    for row in measured(data_file):
        rooms[room_of(row[0])].append(row)
    failed = False
    print(f"\n{'room':<14}{'covered':>9}{'wanted':>8}")
    for room, rows in sorted(rooms.items()):
        possible = sum(row[1] for row in rows)
        share = 100 * sum(row[2] for row in rows) / possible if possible else 100.0
        wanted = demands.get(room, demands["default"])
        short = share < wanted
        failed |= short
        print(f"{room:<14}{share:>8.1f}%{wanted:>7}%{'  <- too little' if short else ''}")
        for path, _, _, missing in rows if short else []:
            if missing:
                print(f"    {path}: {missing}")
    return int(failed)


def measured(data_file: str) -> list[tuple[Path, int, int, str]]:
    """Per file: lines and branches that exist, those that ran, and the lines that did not, for people."""
    measurement = coverage.Coverage(data_file=data_file, config_file=str(ROOT / "pyproject.toml"))
    measurement.load()
    rows = []
    for path in sorted(PACKAGE.rglob("*.py")):
        analysis = measurement._analyze(str(path))  # noqa: SLF001  the public call has no branches
        numbers = analysis.numbers
        possible = numbers.n_statements + numbers.n_branches
        ran = numbers.n_executed + numbers.n_executed_branches
        missing = measurement.analysis2(str(path))[4]
        if not missing and ran < possible:
            partial = sorted(line for line, ends in analysis.missing_branch_arcs().items() if ends)
            missing = "branches from " + ", ".join(map(str, partial))
        rows.append((path.relative_to(ROOT), possible, ran, missing))
    return rows


def room_of(path: Path) -> str:
    first = path.parts[2]
    return first.removesuffix(".py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

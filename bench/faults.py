"""The fault wall at full size: every row in every form, with the times of the catalogue.

    scripts/bench faults                  all rows, about four minutes
    scripts/bench faults --only S07,S15
    scripts/bench faults --fast           all times ten times shorter

A misbehaving provider, the real server in front of it and a client that counts, all on loopback.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from penstock.drill.run import Plan, drill
from penstock.drill.setting import cases
from penstock.drill.wall import Outcome
from penstock.stage.faults import BY_ID, FAULTS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"


def main() -> int:
    """Play, print, write; 1 if a row fails."""
    options = arguments()
    only = frozenset(options.only.upper().split(",")) if options.only else frozenset()
    plan = Plan(
        cases=cases(only, FAULTS),
        scale=0.1 if options.fast else 1.0,
        noise=options.noise,
        kills=options.kills,
    )
    began = time.monotonic()
    outcomes = asyncio.run(drill(plan, tell))
    table = written(outcomes, options, time.monotonic() - began)
    print(table)
    if not only:
        RESULTS.mkdir(exist_ok=True)
        name = "faults-fast" if options.fast else "faults"
        (RESULTS / f"{name}.md").write_text(table, encoding="utf-8")
        lines = json.dumps(msgspec.to_builtins(outcomes), indent=1)
        (RESULTS / f"{name}.json").write_text(lines + "\n", encoding="utf-8")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", help="rows, as S01,P03")
    parser.add_argument("--fast", action="store_true", help="all times ten times shorter")
    parser.add_argument("--noise", type=float, default=0.1, help="seconds by which this machine may be late")
    parser.add_argument("--kills", type=int, default=10, help="rounds of P16")
    return parser.parse_args()


def tell(outcome: Outcome) -> None:
    """One line per case as it ends, so that a long run is seen to go on."""
    result = "pass" if outcome.passed else "FAIL"
    case = f"{outcome.id} {outcome.dialect} {outcome.form} {outcome.recovery}"
    print(f"{result}  {case:32} {outcome.seconds:6.1f} s  {outcome.seen}", file=sys.stderr)


def written(outcomes: Sequence[Outcome], options: argparse.Namespace, seconds: float) -> str:
    """One line per row; what a failing case saw is written out."""
    lines = ["# Fault wall", "", "| | fault | must happen | cases | |", "|---|---|---|---:|---|"]
    for row in [row for row in BY_ID if any(outcome.id == row for outcome in outcomes)]:
        played = [outcome for outcome in outcomes if outcome.id == row]
        failed = [outcome for outcome in played if not outcome.passed]
        fault = BY_ID[row]
        verdict = f"**{len(failed)} fail**" if failed else "pass"
        lines.append(f"| {row} | {fault.fault} | {fault.must} | {len(played)} | {verdict} |")
    failed = [outcome for outcome in outcomes if not outcome.passed]
    lines += ["", f"{len(outcomes) - len(failed)} of {len(outcomes)} cases pass."]
    lines += [f"- {o.id} {o.dialect} {o.form} {o.recovery}: {o.seen}" for o in failed]
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    size = "times ten times shorter" if options.fast else "full size"
    lines += ["", f"measured {time.strftime('%Y-%m-%d')}, commit {commit}, {size}, {seconds:.0f} s.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

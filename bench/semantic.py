"""Semantic cache: hits, wrong answers and recall on pairs of requests, each set judged by what others taught.

    scripts/bench semantic [--sets FILE...] [--fit]

Lines of a set: {"q1", "q2", "label"} (1: the same answer serves both), "strict" false where only the wording
of the answers differs. Weights and threshold of each row were fitted on the other sets. The vetoes and word
lists are written by hand with these sets in view: judge them on other data with `penstock cache judge`.
`--fit` writes src/penstock/data/verifier.json from all sets.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from penstock.gateway.verifier import FEATURES, Verifier, Weights, features
from penstock.gateway.vetoes import veto
from penstock.gateway.wording import read

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PENSTOCK_SHARED_DATA", ROOT.parent / "shared" / "data")) / "semantic_cache"
RIDGE, STEPS = 1.0, 30
WRONG = 0.01
"""Share of hits that may be wrong when a threshold is chosen."""
FARTHEST = 0.25
SIGNS = np.array([-1.0 if name.startswith("unmatched") else 1.0 for name in FEATURES])


class Set(msgspec.Struct):
    """One file of pairs, with all that is needed to judge it under any weights."""

    name: str
    rows: list[dict]
    columns: np.ndarray
    label: np.ndarray
    free: np.ndarray
    """No veto speaks against the pair."""
    strict: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=Path, nargs="*", default=sorted(SHARED.glob("*.jsonl")))
    parser.add_argument("--fit", action="store_true")
    asked = parser.parse_args()
    sets = [gathered(file) for file in asked.sets]
    table = report(sets)
    print(table)
    (ROOT / "bench" / "results").mkdir(exist_ok=True)
    (ROOT / "bench" / "results" / "semantic.md").write_text(table + "\n")
    if asked.fit:
        place = ROOT / "src" / "penstock" / "data" / "verifier.json"
        place.write_bytes(msgspec.json.format(msgspec.json.encode(fitted(sets)), indent=2) + b"\n")


def gathered(file: Path) -> Set:
    rows = [json.loads(line) for line in file.open()]
    pairs = [(read(row["q1"]), read(row["q2"])) for row in rows]
    return Set(
        name=file.stem,
        rows=rows,
        columns=np.array([features(*pair) for pair in pairs]),
        label=np.array([int(row["label"]) for row in rows]),
        free=np.array([veto(*pair) is None for pair in pairs]),
        strict=np.array([row.get("strict") is not False for row in rows]),
    )


def fitted(sets: Sequence[Set]) -> Weights:
    """Fit weights to all pairs, and the lowest threshold with few wrong hits among those free of vetoes."""
    columns, label = np.concatenate([it.columns for it in sets]), np.concatenate([it.label for it in sets])
    weights, bias = regression(columns, label)
    free = np.concatenate([it.free & it.strict for it in sets])
    score = 1 / (1 + np.exp(-(columns[free] @ weights + bias)))
    return Weights(
        weights={name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
        bias=round(float(bias), 4),
        threshold=threshold(score, label[free]),
        distance=FARTHEST,
    )


def regression(columns: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, float]:
    """Logistic regression whose weights keep their signs.

    The sets were collected by likeness, so that in them very like pairs differ more often than in traffic:
    where a weight would say that likeness speaks against a pair, it is left at zero.
    """
    kept = np.ones(columns.shape[1], dtype=bool)
    while True:
        weights, bias = newton(columns * kept, label)
        astray = kept & (weights * SIGNS < 0)
        if not astray.any():
            return weights * kept, bias
        kept[np.argmin(np.where(astray, weights * SIGNS, 0))] = False


def newton(columns: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, float]:
    """Logistic regression by Newton's method; the bias is not held back."""
    design = np.column_stack([columns, np.ones(len(columns))])
    ridge = np.diag([RIDGE] * columns.shape[1] + [0.0])
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (label - share) - ridge @ weights
        curve = (design * (share * (1 - share))[:, None]).T @ design + ridge
        weights += np.linalg.solve(curve, slope)
    return weights[:-1], float(weights[-1])


def threshold(score: np.ndarray, label: np.ndarray) -> float:
    """Return the lowest score from which at most WRONG of the hits are wrong; never below an even chance."""
    for candidate in np.unique(np.concatenate([[0.5], score[score > 0.5]])):
        hits = label[score >= candidate]
        if len(hits) and (hits == 0).mean() <= WRONG:
            return round(float(candidate) - 5e-5, 4)
    return 1.0


def report(sets: Sequence[Set]) -> str:
    lines = [
        "| set | pairs | different | hits | wrong | of them not strict | recall | without verifier |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    total = np.zeros(6, dtype=int)
    for held_out in sets:
        others = [it for it in sets if it is not held_out] or [held_out]
        verifier = Verifier(fitted(others))
        hit = np.array(
            [
                free and verifier.share(row) >= verifier.threshold
                for free, row in zip(held_out.free, held_out.columns, strict=True)
            ]
        )
        wrong = hit & (held_out.label == 0)
        numbers = np.array(
            [
                len(hit),
                (held_out.label == 0).sum(),
                hit.sum(),
                wrong.sum(),
                (wrong & ~held_out.strict).sum(),
                (held_out.label == 1).sum(),
            ]
        )
        total += numbers
        lines.append(row_of(held_out.name, numbers, int((held_out.free & (held_out.label == 1)).sum())))
    lines.append(row_of("all", total, sum(int((it.free & (it.label == 1)).sum()) for it in sets)))
    return "\n".join(lines)


def row_of(name: str, numbers: np.ndarray, free: int) -> str:
    pairs, different, hits, wrong, lenient, same = (int(it) for it in numbers)
    recall = (hits - wrong) / max(1, same)
    bare = free / max(1, same)
    return f"| {name} | {pairs} | {different} | {hits} | {wrong} | {lenient} | {recall:.1%} | {bare:.1%} |"


if __name__ == "__main__":
    main()

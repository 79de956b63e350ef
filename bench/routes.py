"""Learned routing on outcomes of two models: the gap recovered, across benchmarks too, and a decision's time.

    scripts/bench routes [--outcomes FILE]

FILE has lines {"prompt", "weak", "strong"}, and may name the `benchmark` of each.
"""

import argparse
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from penstock.cli.parts.outcomes import Outcomes, read
from penstock.cli.parts.routing import corpus_of, timed
from penstock.gateway.quality_fit import Corpus, fit, predict
from penstock.gateway.quality_measure import Figures, cross_validated, folds, measure

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PENSTOCK_SHARED_DATA", ROOT.parent / "shared" / "data")) / "routing"
RESULT = ROOT / "bench" / "results" / "routes.md"
SEEDS = range(5)
DRAWS = 200
VIEWS: dict[str, Callable[[Corpus], Corpus]] = {
    "n-grams alone": lambda corpus: corpus._replace(facts=np.zeros_like(corpus.facts)),
    "form alone": lambda corpus: corpus._replace(values=np.zeros_like(corpus.values)),
    "both (what is shipped)": lambda corpus: corpus,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = SHARED / "routellm_mmlu_gsm8k_dev.jsonl.gz"
    parser.add_argument("--outcomes", type=Path, default=default)
    file = parser.parse_args().outcomes
    outcomes, benchmarks = read(file), benchmarks_of(file)
    corpus = corpus_of(outcomes)
    lines = ["| router | APGR | strong calls for 50 % | for 80 % |", "|---|---|---|---|"]
    length = np.array([float(len(prompt)) for prompt in outcomes.prompts])
    lines.append(row("prompt length", [measure(length, outcomes.gains)]))
    for name, view in VIEWS.items():
        lines.append(row(name, [validated(view(corpus), outcomes, seed) for seed in SEEDS]))
    lines += ["", "| learned from | used on | APGR | 90 % of resamples |", "|---|---|---|---|"]
    for name in sorted(set(benchmarks)) if len(set(benchmarks)) > 1 else []:
        lines.append(across(corpus, outcomes, benchmarks == name, name))
    took = timed(fit(corpus, outcomes.gains), outcomes.prompts)
    lines += ["", f"A decision: p50 {took.p50:.3f} ms, p99 {took.p99:.3f} ms, from the text on."]
    head = f"{len(outcomes.prompts)} outcomes; mean ± standard deviation over {len(SEEDS)} deals of 5 folds"
    table = "\n".join([f"# Learned routing\n\n{head}.\n", *lines, ""])
    print(table)
    RESULT.write_text(table)


def benchmarks_of(file: Path) -> np.ndarray:
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        return np.array([json.loads(line).get("benchmark", "") for line in lines if line.strip()])


def validated(corpus: Corpus, outcomes: Outcomes, seed: int) -> Figures | None:
    return measure(cross_validated(corpus, outcomes.gains, folds(outcomes.prompts, seed)), outcomes.gains)


def row(name: str, measured: list[Figures | None]) -> str:
    figures = np.array([it for it in measured if it is not None])
    means, spreads = figures.mean(axis=0), figures.std(axis=0)
    apgr, half, most = (
        f"{mean:.3f} ± {spread:.3f}" if len(figures) > 1 else f"{mean:.3f}"
        for mean, spread in zip(means, spreads, strict=True)
    )
    return f"| {name} | {apgr} | {half} | {most} |"


def across(corpus: Corpus, outcomes: Outcomes, inside: np.ndarray, name: str) -> str:
    """Learn from one benchmark and use it on the rest; resampled, since benchmarks are small."""
    here, there = np.flatnonzero(inside), np.flatnonzero(~inside)
    expected = predict(fit(corpus.take(here), outcomes.gains[here]), corpus.take(there))
    gains = outcomes.gains[there]
    whole = measure(expected, gains)
    draw = np.random.default_rng(0)
    picks = (draw.integers(0, len(there), len(there)) for _ in range(DRAWS))
    areas = [it.apgr for pick in picks if (it := measure(expected[pick], gains[pick]))]
    low, high = np.percentile(areas, [5, 95])
    found = f"{whole.apgr:.3f}" if whole else "no gap"
    return f"| {name} ({len(here)}) | the rest ({len(there)}) | {found} | {low:.3f} to {high:.3f} |"


if __name__ == "__main__":
    main()

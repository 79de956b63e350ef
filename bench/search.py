"""Finding the file that was fixed, on the development set: a table per step and per repository.

    scripts/bench search --repositories FOLDER [--sets FILE...] [--learn]

FOLDER holds the repositories as OWNER+NAME/repo (bare) or NAME. Every figure of a repository is taken with
weights fitted on the other repositories. `--learn` writes src/penstock/context/weights.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from penstock.chunkers import Chunkers
from penstock.context.features import NAMES, gather
from penstock.context.fusion import Case, fit, probabilities
from penstock.context.git import Git, NoRepository
from penstock.context.graph import Graph
from penstock.context.history import History
from penstock.context.index import Index, store_path
from penstock.context.learned import anchor, learn
from penstock.context.query import read
from penstock.context.replay import replay
from penstock.context.weights import REASONS, WEIGHTS
from penstock.context.words import STOP, term, words
from penstock.storage.index import IndexStore

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("PENSTOCK_SHARED_DATA", ROOT.parent / "shared" / "data")) / "localization"
KEPT, STRENGTH, FULL = 60, 1.0, 40
LOCAL = frozenset(
    "folder_fixes title_path entry folder_said fixes coverage votes definitions body module_said".split()
)
"""Columns that help only where a repository's own past weighs them."""
FACTS = "test example document other vendored script main_language entry definitions"
STEPS: Mapping[str, str] = {
    "fields, chunks": f"body prose chunk chunk_low coverage {FACTS}",
    "question read": "path title_path title_body identifier_defined identifier_used path_said stem_said "
    "folder_said module_said frame scope",
    "graph": "walk votes",
    "history": "rare_body rare_chunk rare_title_chunk past past_sure past_recent past_rank spoken_title "
    "frequency fixes recent recency folder_past folder_fixes",
}


class Instance(msgspec.Struct):
    """One question, with all that is needed to rank under any weights."""

    repository: str
    fold: str
    columns: np.ndarray
    right: np.ndarray
    source: np.ndarray
    past: list[Case]
    ripgrep: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--sets", type=Path, nargs="*", default=sorted(SHARED.glob("*.jsonl")))
    parser.add_argument("--learn", action="store_true")
    asked = parser.parse_args()
    rows = [json.loads(line) | {"set": file.stem} for file in asked.sets for line in file.open()]
    with tempfile.TemporaryDirectory() as data:
        instances = [it for it in gathered(rows, asked.repositories, Path(data)) if it.right.any()]
    table = report(instances)
    results = ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    (results / "search.txt").write_text(table)
    if asked.learn:
        write_weights(instances)


def gathered(rows: Sequence[dict], folder: Path, data: Path) -> list[Instance]:
    """Index each question's commit and gather the evidence; a repository that is not there is named."""
    by_repository = defaultdict(list)
    for row in rows:
        by_repository[row["repo"]].append(row)
    instances = []
    for name, own in by_repository.items():
        place = next(
            (it for it in (folder / name.replace("/", "+") / "repo", folder / name) if it.exists()), None
        )
        if place is None:
            print(f"{name}: not there, {len(own)} questions left out", file=sys.stderr)
            continue
        git = Git.find(place)
        index = Index(git, IndexStore.open(store_path(data, git)), Chunkers())
        began, seconds, pasts = time.perf_counter(), [], {}
        for row in own:
            try:
                instances.append(instance(index, row, seconds, pasts))
            except NoRepository as error:
                print(f"{row['instance_id']}: {error}", file=sys.stderr)
        took = time.perf_counter() - began
        median, high = np.quantile(seconds, [0.5, 0.95]) * 1000
        print(
            f"{name}: {len(own)} commits indexed and asked in {took:.0f} s; "
            f"a question takes {median:.1f} ms (p50), {high:.1f} ms (p95)",
            flush=True,
        )
    return instances


def instance(index: Index, row: dict, seconds: list[float], pasts: dict[str, list[Case]]) -> Instance:
    listing = index.listing(row["base_commit"])
    index.fill(listing)
    index.remember(listing.commit)
    past = index.past(listing.commit)
    snapshot = index.snapshot(listing)
    history, graph = History(past, snapshot.number), Graph(snapshot)
    began = time.perf_counter()
    columns = gather(snapshot, history, graph, read(row["query"])).columns
    seconds.append(time.perf_counter() - began)
    commit = anchor(past)
    if commit and commit not in pasts:
        then = index.listing(commit)
        index.fill(then)
        before = index.snapshot(then)
        past_then = History(index.past(commit), before.number)
        pasts[commit] = replay(before, past_then, Graph(before), WEIGHTS)
    right = np.array([path in row["gold_files"] for path in snapshot.paths])
    fold = row["repo"] if "fix" in row["set"] else row["set"]
    matches = ripgrep_like(snapshot, row["query"])
    return Instance(row["repo"], fold, columns, right, snapshot.is_source, pasts.get(commit, []), matches)


def ripgrep_like(snapshot, query: str) -> np.ndarray:
    """Files by how many of the title's words they hold, then how often: what `rg` for each word tells."""
    terms = [term(it.lower()) for it in words(query.partition("\n")[0]) if it.lower() not in STOP]
    found = snapshot.postings(terms)
    number = len(snapshot.paths)
    files = snapshot.file_of[found.chunk]
    often = np.bincount(files, found.counts[:, 0], minlength=number)
    distinct = np.bincount(np.unique(found.term * number + files) % number, minlength=number)
    return distinct + often / (1 + often.max(initial=0))


def columns_of(names: str) -> list[int]:
    return [NAMES.index(name) for name in names.split()]


def case(it: Instance, columns: Sequence[int]) -> Case:
    """The columns of the files that could come first, and of the right ones."""
    order = np.argsort(-(it.columns @ WEIGHTS), kind="stable")[:KEPT]
    kept = np.union1d(order, np.flatnonzero(it.right))
    return Case(it.columns[np.ix_(kept, columns)], it.right[kept])


def fitted(instances: Sequence[Instance], columns: Sequence[int]) -> np.ndarray:
    """Weights of some columns; a repository with many questions counts by the root of their number."""
    sizes = defaultdict(int)
    for it in instances:
        sizes[it.fold] += 1
    shares = [(FULL / max(sizes[it.fold], FULL)) ** 0.5 for it in instances]
    weights = np.zeros(len(NAMES))
    weights[columns] = fit([case(it, columns) for it in instances], np.zeros(len(columns)), STRENGTH, shares)
    return weights


def unseen(instances: Sequence[Instance], columns: Sequence[int]) -> dict[str, np.ndarray]:
    """Per fold the weights that were fitted on the others."""
    return {
        fold: fitted([it for it in instances if it.fold != fold], columns)
        for fold in {it.fold for it in instances}
    }


def place(score: np.ndarray, right: np.ndarray) -> int:
    """The place of the best right file, from 0; equal scores count against it."""
    return int((score > score[right].max()).sum() + ((score == score[right].max()) & ~right).sum())


def report(instances: Sequence[Instance]) -> str:
    methods: dict[str, Callable[[Instance], np.ndarray]] = {
        "words counted, as rg": lambda it: it.ripgrep,
        "plain BM25, all files": lambda it: it.columns[:, 0],
        "plain BM25, sources": lambda it: np.where(it.source, it.columns[:, 0], -1),
    }
    used: list[int] = []
    for step, names in STEPS.items():
        used = used + columns_of(names)
        weights = unseen(instances, [it for it in used if NAMES[it] not in LOCAL])
        methods[f"+ {step}"] = lambda it, weights=weights: it.columns @ weights[it.fold]
    learned: dict[tuple[int, str], np.ndarray] = {}

    def own(it: Instance) -> np.ndarray:
        key = (id(it.past), it.fold)
        if key not in learned:
            learned[key] = np.array(learn(it.past, weights[it.fold]).weights)
        return it.columns @ learned[key]

    methods["+ own weights (whole)"] = own
    places = {
        name: np.array([place(score(it), it.right) for it in instances]) for name, score in methods.items()
    }
    folds = np.array([it.fold for it in instances])
    lines = []
    for fold in ["all fixing commits", *sorted(set(folds))]:
        some = folds == fold if fold in folds else np.array(["/" in it for it in folds])
        lines += [
            f"\n{fold}: {some.sum()} questions",
            f"{'':24}{'@1':>7}{'@3':>7}{'@5':>7}{'@10':>7}{'MRR':>8}   95 % of @1",
        ]
        lines += [f"{name:24}{figures(found[some])}" for name, found in places.items()]
    top = np.array([probabilities(it.columns, np.zeros(len(NAMES))).max() for it in instances]) * 0
    for index, it in enumerate(instances):
        score = own(it)
        share = np.exp(score - score.max())
        top[index] = (share / share.sum()).max()
    hits = places["+ own weights (whole)"] == 0
    slope, bias = platt(top, hits)
    sure = 1 / (1 + np.exp(-(slope * logit(top) + bias)))
    lines.append(
        f"\ncalibration: slope {slope:.3f}, bias {bias:.3f}; error {calibration_error(sure, hits):.3f}"
    )
    held = [
        calibration_error(crossed(top, hits, folds, fold), hits[folds == fold], 5)
        for fold in sorted(set(folds))
    ]
    lines.append("error per repository, curve from the others: " + ", ".join(f"{it:.3f}" for it in held))
    table = "\n".join(lines) + "\n"
    print(table)
    return table


def figures(places: np.ndarray) -> str:
    rng = np.random.default_rng(7)
    draws = (places[rng.integers(0, len(places), (1000, len(places)))] == 0).mean(axis=1) * 100
    low, high = np.quantile(draws, [0.025, 0.975])
    shares = "".join(f"{(places < k).mean() * 100:7.1f}" for k in (1, 3, 5, 10))
    return f"{shares}{(1 / (places + 1)).mean():8.3f}   {low:.1f} to {high:.1f}"


def logit(share: np.ndarray) -> np.ndarray:
    clipped = np.clip(share, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))


def platt(share: np.ndarray, hits: np.ndarray) -> tuple[float, float]:
    """Slope and bias of the logistic curve from a share to how often it is right."""
    design = np.stack([logit(share), np.ones(len(share))], axis=1)
    curve = np.array([1.0, 0.0])
    for _ in range(50):
        sure = 1 / (1 + np.exp(-(design @ curve)))
        bend = (design * (sure * (1 - sure))[:, None]).T @ design + 1e-3 * np.eye(2)
        curve -= np.linalg.solve(bend, design.T @ (sure - hits))
    return float(curve[0]), float(curve[1])


def crossed(top: np.ndarray, hits: np.ndarray, folds: np.ndarray, fold: str) -> np.ndarray:
    slope, bias = platt(top[folds != fold], hits[folds != fold])
    return 1 / (1 + np.exp(-(slope * logit(top[folds == fold]) + bias)))


def calibration_error(sure: np.ndarray, hits: np.ndarray, bins: int = 10) -> float:
    """Mean distance between what was claimed and what came true, over equal steps of confidence."""
    step = np.minimum((sure * bins).astype(int), bins - 1)
    return sum(
        abs(sure[step == it].mean() - hits[step == it].mean()) * (step == it).mean()
        for it in range(bins)
        if (step == it).any()
    )


def write_weights(instances: Sequence[Instance]) -> None:
    """Fit on everything and write the module; the curve comes from questions that were not seen."""
    columns = [index for index, name in enumerate(NAMES) if name not in LOCAL]
    weights = unseen(instances, columns)
    own = [np.array(learn(it.past, weights[it.fold]).weights) for it in instances]
    top = np.array([probabilities(it.columns, its).max() for it, its in zip(instances, own, strict=True)])
    hits = np.array([place(it.columns @ its, it.right) == 0 for it, its in zip(instances, own, strict=True)])
    slope, bias = platt(top, hits)
    final = fitted(instances, columns)
    target = ROOT / "src/penstock/context/weights.py"
    text = target.read_text()
    start, end = text.index("_BY_NAME: "), text.index("WEIGHTS = ")
    rows = "".join(
        f'    "{name}": {final[index]:.3f},\n' for index, name in enumerate(NAMES) if name not in LOCAL
    )
    text = text[:start] + "_BY_NAME: Mapping[str, float] = {\n" + rows + "}\n" + text[end:]
    start, end = text.index("SLOPE, BIAS = "), text.index('"""Of the logistic curve')
    target.write_text(text[:start] + f"SLOPE, BIAS = {slope:.3f}, {bias:.3f}\n" + text[end:])
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(target)], check=False)
    print(f"wrote {target}, {len(REASONS)} reasons kept")


if __name__ == "__main__":
    main()

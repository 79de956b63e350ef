"""Penstock beside nginx, LiteLLM and Portkey on one core: throughput, added latency, streams, memory.

    scripts/bench gateway                       all peers, about six minutes
    scripts/bench gateway --only nginx penstock
    scripts/bench gateway --requests 1000000    growth over a million requests

The gateway has core 0 to itself, everything else is on core 1. Rounds alternate between the
gateways, and the median of the rounds counts, since the machine may be shared.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rig import load
from rig.peers import PEERS, upstream_nginx, upstream_timed
from rig.processes import OTHERS_CORE, ROOT, Running

RESULTS = ROOT / "bench" / "results"
Row = dict[str, float | int | str]
ROWS = {
    "requests_per_second": ("requests/s, 32 connections, upstream without delay", "{:,.0f}"),
    "latency_p50_ms": ("its median, ms", "{:.1f}"),
    "latency_p99_ms": ("its p99, ms", "{:.1f}"),
    "failed": ("failed", "{:d}"),
    "added_p50_ms": ("added at one connection, 20 ms upstream: median, ms", "{:.2f}"),
    "added_p99_ms": ("added at one connection: p99, ms", "{:.2f}"),
    "first_token_p99_ms": ("added to the first token: p99, ms", "{:.2f}"),
    "frame_p99_ms": ("added per frame: p99, ms", "{:.2f}"),
    "streams_stalled": ("128 streams of 50 frames/s: stalled", "{:d}"),
    "streams_incomplete": ("128 streams: incomplete", "{:d}"),
    "streams_frame_p99_ms": ("128 streams: a frame is under way, p99, ms", "{:.1f}"),
    "large_adds_p99_ms": ("requests of 100,000 tokens add to small ones: p99, ms", "{:.1f}"),
    "ready_s": ("ready after, s", "{:.2f}"),
    "resident_first_mb": ("resident after the first request, MB", "{:.0f}"),
    "resident_growth_mb": ("growth over {requests:,} requests, MB", "{:.1f}"),
}
TARGETS = {
    "requests_per_second": "≥ 1,500",
    "added_p50_ms": "≤ 1.5",
    "added_p99_ms": "≤ 4",
    "first_token_p99_ms": "≤ 5",
    "frame_p99_ms": "≤ 0.5",
    "streams_stalled": "0",
    "streams_incomplete": "0",
    "large_adds_p99_ms": "≤ 20",
    "ready_s": "≤ 3",
    "resident_first_mb": "≤ 150",
    "resident_growth_mb": "< 20 over 1,000,000",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PEERS, default=list(PEERS), help="measure only these")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of wrk for each gateway")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of each round")
    parser.add_argument("--requests", type=int, default=100_000, help="requests over which memory may grow")
    options = parser.parse_args()
    os.sched_setaffinity(0, {OTHERS_CORE})
    rows: dict[str, Row] = {name: {} for name in options.only}
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as scratch:
        folder = Path(scratch)
        fast(rows, folder, options.rounds, options.seconds)
        timed(rows, folder)
        if "penstock" in rows:
            rows["penstock"]["resident_growth_mb"] = growth(folder, options.requests)
    report(rows, options.requests)
    return 0


def fast(rows: dict[str, Row], folder: Path, rounds: int, seconds: int) -> None:
    """Throughput against an upstream that answers at once; A B A B."""
    upstream = upstream_nginx(folder)
    running: list[Running] = []
    try:
        for name in rows:
            say(f"starting {name}")
            gateway = PEERS[name](folder, upstream.port)
            running.append(gateway)
            first = load.Client(gateway.port, gateway.headers)
            first.ask(load.small_body())
            first.close()
            rows[name] |= {"ready_s": gateway.ready_after, "resident_first_mb": gateway.resident_mb()}
        measured: dict[str, list[load.Throughput]] = {name: [] for name in rows}
        for number in range(rounds):
            for gateway in running:
                say(f"throughput, round {number + 1}: {gateway.name}")
                measured[gateway.name].append(
                    load.throughput(gateway.port, gateway.headers, folder, seconds=seconds)
                )
    finally:
        stop([*running, upstream])
    for name, results in measured.items():
        rows[name] |= {
            "requests_per_second": statistics.median(result.per_second for result in results),
            "latency_p50_ms": statistics.median(result.median for result in results),
            "latency_p99_ms": statistics.median(result.p99 for result in results),
            "failed": sum(result.failed for result in results),
        }


def timed(rows: dict[str, Row], folder: Path) -> None:
    """What each gateway adds to an upstream that takes its time, one gateway after the other."""
    upstream = upstream_timed(folder)
    try:
        for name, row in rows.items():
            gateway = PEERS[name](folder, upstream.port)
            try:
                for part in (latency, streaming, streams, large):
                    say(f"{part.__name__}: {name}")
                    row.update(attempt(part, gateway, upstream.port))
            finally:
                stop([gateway])
    finally:
        stop([upstream])


def attempt(part: Callable[[Running, int], Row], gateway: Running, upstream: int) -> Row:
    """Measure; a peer that cannot do it gets a dash, Penstock's failure ends the run."""
    try:
        return part(gateway, upstream)
    except (OSError, RuntimeError, TimeoutError) as failure:
        if gateway.name == "penstock":
            raise
        say(f"{gateway.name} failed: {failure!r}")
        return {}


def latency(gateway: Running, upstream: int) -> Row:
    median, p99 = load.added_latency(gateway.port, gateway.headers, upstream)
    return {"added_p50_ms": median, "added_p99_ms": p99}


def streaming(gateway: Running, upstream: int) -> Row:
    first, frame = load.added_streaming(gateway.port, gateway.headers, upstream)
    return {"first_token_p99_ms": first, "frame_p99_ms": frame}


def streams(gateway: Running, _: int) -> Row:
    result = load.many_streams(gateway.port, gateway.headers)
    if result.frames_per_second == 0:
        raise RuntimeError("not one frame arrived")
    return {
        "streams_stalled": result.stalled,
        "streams_incomplete": result.incomplete,
        "streams_frame_p99_ms": result.p99,
    }


def large(gateway: Running, _: int) -> Row:
    return {"large_adds_p99_ms": load.beside_large(gateway.port, gateway.headers)}


def growth(folder: Path, requests: int) -> float:
    """Resident memory after so many requests, less that after the first 5,000, in MB."""
    say(f"memory over {requests:,} requests")
    upstream = upstream_nginx(folder)
    gateway = PEERS["penstock"](folder, upstream.port)
    try:
        rate = load.throughput(gateway.port, gateway.headers, folder, seconds=4).per_second
        before, left = gateway.resident_mb(), float(requests)
        while left > 0:
            seconds = max(1, min(30, round(left / rate)))
            rate = load.throughput(gateway.port, gateway.headers, folder, seconds=seconds).per_second
            left -= rate * seconds
        return gateway.resident_mb() - before
    finally:
        stop([gateway, upstream])


def report(rows: dict[str, Row], requests: int) -> None:
    names = list(rows)
    lines = [f"| | {' | '.join(names)} | target |", "|---|" + "---:|" * (len(names) + 1)]
    for field, (title, form) in ROWS.items():
        values = [form.format(row[field]) if field in row else "–" for row in rows.values()]
        if set(values) != {"–"}:
            lines.append(
                f"| {title.format(requests=requests)} | {' | '.join(values)} | {TARGETS.get(field, '')} |"
            )
    ours = rows.get("penstock", {}).get("requests_per_second")
    if ours:
        ratios = [
            f"{name} × {float(ours) / float(row['requests_per_second']):.2f}"
            for name, row in rows.items()
            if name != "penstock"
        ]
        lines += ["", f"Penstock's throughput as a multiple: {', '.join(ratios)}." if ratios else ""]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    facts = {
        "measured": time.strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "processor": processor(),
        "load_before": os.getloadavg()[2],
    }
    lines += ["", ", ".join(f"{name} {value}" for name, value in facts.items()) + "."]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gateway.md").write_text("# Gateway\n\n" + "\n".join(lines) + "\n")
    (RESULTS / "gateway.json").write_text(json.dumps({**facts, "rows": rows}, indent=2) + "\n")


def processor() -> str:
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return f"{models[0].split(':')[1].strip()}, one core for the gateway" if models else "unknown"


def stop(running: list[Running]) -> None:
    for program in reversed(running):
        program.stop()


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

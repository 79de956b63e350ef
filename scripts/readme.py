"""Fill the marked parts of README.md from a real start and from bench/results; called by scripts/readme."""

import io
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "up.svg"
PORT = "4141"
FIGURES = {
    "requests_per_second": ("requests per second, one core, 32 connections", "{:,.0f}"),
    "added_p50_ms": ("added to a 20 ms answer, median", "{:.1f} ms"),
    "first_token_p99_ms": ("added to the first token, p99", "{:.1f} ms"),
    "frame_p99_ms": ("added to each frame of a stream, p99", "{:.2f} ms"),
    "streams_stalled": ("128 streams of 50 frames a second: stalled", "{:d}"),
    "ready_s": ("ready after", "{:.1f} s"),
    "resident_first_mb": ("resident memory", "{:.0f} MB"),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shown, reply = start_and_ask(Path(folder))
    draw(shown, reply)
    readme = ROOT / "README.md"
    text = fill(readme.read_text(), "start", fenced("console", shown))
    text = fill(text, "reply", fenced("json", json.dumps(json.loads(reply), indent=2, ensure_ascii=False)))
    text = fill(text, "figures", figures())
    readme.write_text(text)


def start_and_ask(folder: Path) -> tuple[str, str]:
    """What `scripts/up` prints without any configuration, and what the printed curl answers."""
    names = ("PATH", "LANG", "SSL_CERT_FILE")
    env = {name: os.environ[name] for name in names if name in os.environ}
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [ROOT / "scripts" / "up", "--port", PORT, "--data", folder / "data"],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**env, "HOME": str(folder)},
        )
    try:
        shown = wait_for_curl(log, server)
        command = shown[shown.index("curl ") :].split("\n\n")[0]
        reply = subprocess.run(["bash", "-c", f"{command} -sS"], capture_output=True, text=True, check=True)
    finally:
        server.terminate()
        server.wait(60)
    return shown.strip(), reply.stdout.strip()


def wait_for_curl(log: Path, server: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        said = log.read_text()
        if "curl " in said and "connect CLIENT" in said:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/live", timeout=5).close()
            return said
        time.sleep(0.1)
    raise SystemExit(f"the server did not start:\n{log.read_text()}")


def draw(shown: str, reply: str) -> None:
    """A terminal as an SVG that loads nothing from elsewhere."""
    console = Console(record=True, width=112, file=io.StringIO())
    console.print(Text("$ scripts/up", style="bold green"))
    console.print(Text(shown))
    console.print(Text("\n$ curl http://127.0.0.1:4141/v1/chat/completions ...", style="bold green"))
    console.print(Text(reply))
    svg = console.export_svg(title="penstock", unique_id="up")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE))


def figures() -> str:
    """The table of bench/results/gateway.json, one column for each gateway."""
    result = json.loads((ROOT / "bench" / "results" / "gateway.json").read_text())
    rows = result["rows"]
    names = [name for name in ("penstock", "portkey", "litellm", "nginx") if name in rows]
    titles = {
        "penstock": "**Penstock**",
        "portkey": "Portkey",
        "litellm": "LiteLLM",
        "nginx": "nginx, the ceiling",
    }
    lines = ["| | " + " | ".join(titles[name] for name in names) + " |", "|---|" + "---:|" * len(names)]
    for field, (title, form) in FIGURES.items():
        if not any(field in rows[name] for name in names):
            continue
        cells = [form.format(rows[name][field]) if field in rows[name] else "–" for name in names]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    lines += ["", f"Measured {result['measured']} on {result['processor']}, with `scripts/bench gateway`."]
    return "\n".join(lines)


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def fill(text: str, mark: str, content: str) -> str:
    """Replace what is between the two comments that carry this mark."""
    pattern = rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)"
    return re.sub(pattern, lambda found: found[1] + content + found[2], text, flags=re.DOTALL)


if __name__ == "__main__":
    main()

"""Install a lock into .venv with nothing but the standard library; called by scripts/environment.

Two runs at once wait for each other. A run that was interrupted leaves a mark, and the next one
starts from an empty environment instead of trusting half of one.
"""

import fcntl
import importlib.util
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
UNFINISHED = VENV / "unfinished"


def main(kind: str, stamp: str, dev_stamp: str) -> int:
    if missing := missing_package():
        print(missing, file=sys.stderr)
        return 1
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (is_current(kind, stamp) or is_current("dev", dev_stamp)):
            install(kind, stamp)
    return 0


def missing_package() -> str | None:
    """Name the system package that this Python lacks, with the command that installs it."""
    if all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        return None
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"{sys.executable} cannot make virtual environments: its venv package is missing.\n"
        f"  Debian, Ubuntu:  sudo apt-get install python{version}-venv\n"
        f"  Fedora, Alpine and others ship it with Python itself: install python3 again."
    )


def is_current(kind: str, stamp: str) -> bool:
    """Whether another run finished this very work while we waited for the lock."""
    path = VENV / f"stamp-{kind}"
    return not UNFINISHED.exists() and path.exists() and path.read_text() == stamp


def install(kind: str, stamp: str) -> None:
    began = time.monotonic()
    print(f"penstock: making .venv from requirements/{kind}.txt ...", file=sys.stderr, flush=True)
    if UNFINISHED.exists() or not works():
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    UNFINISHED.touch()
    for old in VENV.glob("stamp-*"):
        old.unlink()
    # Everything is in the lock, so nothing is resolved: --no-deps. The package itself is built by
    # the pinned hatchling that the first step installed.
    pip("--require-hashes", "--no-deps", "--requirement", f"requirements/{kind}.txt")
    pip("--no-deps", "--no-build-isolation", "--editable", ".")
    (VENV / f"stamp-{kind}").write_text(stamp)
    UNFINISHED.unlink()
    print(f"penstock: .venv is ready after {time.monotonic() - began:.0f} s", file=sys.stderr)


def works() -> bool:
    """Whether .venv has a Python that starts, and starts as this environment's, and has pip."""
    probe = "import pip, sys; print(sys.prefix)"
    try:
        found = subprocess.run([VENV / "bin/python", "-c", probe], capture_output=True, text=True, check=True)
        first_line = (VENV / "bin/pip").read_text().splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return False
    return Path(found.stdout.strip()) == VENV and str(VENV) in first_line


def pip(*arguments: str) -> None:
    command = [VENV / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except subprocess.CalledProcessError as failure:
        print("penstock: the installation failed; what it printed is above.", file=sys.stderr)
        sys.exit(failure.returncode)
    except KeyboardInterrupt:
        sys.exit(130)
